import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MongoServer, NoMongoServer } from './mongo-server.ts';

const artifact = 'mongo-java-server-h2-backend';
const version = '1.47.0';

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId>
  <artifactId>protocol-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>de.bwaldvogel</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

const cache = fileURLToPath(new URL('../../../node_modules/.cache/zhashik/', import.meta.url));
const source = fileURLToPath(new URL('ProtocolServer.java', import.meta.url));

/**
 * The server of `ProtocolServer.java`, in memory, with its libraries from Maven Central the first time. It has no
 * sessions and nothing of it is durable: speed and kills tell nothing there.
 */
export async function startProtocolServer(): Promise<MongoServer | NoMongoServer> {
  let libraries: string;
  try {
    libraries = await fetchedLibraries();
  } catch (error) {
    return {
      reason: `no mongod, and the server in Java cannot be fetched with Maven: ${lastLine(error)}`,
    };
  }
  const options = ['-Xmx1g', '-XX:+UseSerialGC', '-cp', join(libraries, '*')];
  const child = spawn('java', [...options, source], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  const lines = createInterface(child.stdout);
  const first = once(lines, 'line').then(([line]: string[]) => line);
  const port = await Promise.race([first, gone]);
  if (port === undefined) return { reason: 'no mongod, and the server in Java does not start' };
  return {
    url: `mongodb://127.0.0.1:${port}`,
    what: `mongo-java-server ${version} (H2, in memory), which speaks MongoDB's protocol and is not MongoDB`,
    // It also ends with whoever holds the other end of its standard input.
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}

/** The folder with the libraries; several processes may fetch them at once. */
async function fetchedLibraries(): Promise<string> {
  const folder = join(cache, `${artifact}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    await writeFile(join(work, 'pom.xml'), pom);
    const fetched = join(work, 'libraries');
    const args = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${fetched}`];
    await promisify(execFile)('mvn', args, { cwd: work, timeout: 180_000 });
    await rename(fetched, folder).catch((error: unknown) => {
      // Unless another was first.
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true });
  }
}

function lastLine(error: unknown): string {
  const { message, stdout } = error as Error & { readonly stdout?: string };
  const said = stdout?.split('\n').find((line) => line.startsWith('[ERROR]'));
  return said ?? message.split('\n')[0] ?? message;
}

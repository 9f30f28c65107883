import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a module of ours in a worker thread. `name` is the module's path without its ending, relative to
 * `base` (an `import.meta.url`), so that the same call works on the sources and on the compiled files.
 */
export function startThread(base: string, name: string, options: WorkerOptions = {}): Worker {
  const fromSource = base.endsWith('.ts');
  const url = new URL(`${name}${fromSource ? '.ts' : '.js'}`, base);
  if (!fromSource) return new Worker(url, options);
  // Node 20 does not give a worker the loader of its parent, so the thread registers it itself.
  // `import.meta.resolve` is not there when a test runner requires this module, `require.resolve` always is.
  const loader = new URL('index.mjs', pathToFileURL(createRequire(base).resolve('tsx/esm/api')));
  const start = `
    const { register } = await import(${JSON.stringify(loader.href)});
    register();
    await import(${JSON.stringify(url.href)});
  `;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`), options);
}

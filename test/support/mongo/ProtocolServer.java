import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;

/**
 * A server that speaks MongoDB's protocol, for tests where no mongod can be had: it prints its port and serves until its
 * standard input ends. With an argument it keeps its data in that file, else in memory.
 */
public class ProtocolServer {
  /** The oldest protocol that the driver takes; the server itself answers everything of it that we use. */
  private record Version(List<Integer> getVersionArray, int getWireVersion) implements MongoVersion {
    @Override
    public String toVersionString() {
      return "5.0.0";
    }
  }

  public static void main(String[] arguments) throws Exception {
    H2Backend backend = arguments.length == 0 ? H2Backend.inMemory() : new H2Backend(arguments[0]);
    backend.version(new Version(List.of(4, 4, 0), 9));
    MongoServer server = new MongoServer(backend);
    System.out.println(server.bind().getPort());
    while (System.in.read() >= 0) {}
    server.shutdownNow();
  }
}

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/async/task.h"
#include "base/async/worker.h"
#include "base/http/request.h"
#include "base/http/websocket.h"
#include "base/metrics/registry.h"
#include "base/net/tls_server.h"
#include "base/result.h"

namespace wayleave::http {

struct ServerConfig {
  std::string address = "127.0.0.1:0";  // host:port; port 0 takes a free one
  // HTTPS alone; without it, plain HTTP alone. A connection then takes three file descriptors instead of one.
  std::optional<net::TlsServerConfig> tls;
  // Whether another process of the same user may listen on the address, too, if it says so as well: for hand-overs.
  bool reuse_port = false;

  std::size_t header_bytes = 64 << 10;
  std::size_t body_bytes = std::size_t{64} << 20;
  int connections = 10000;
  int connections_per_address = 2000;

  std::chrono::milliseconds header_timeout{10000};  // from a request's first byte to its headers' end; a handshake
  std::chrono::milliseconds body_timeout{60000};    // for the whole body
  std::chrono::milliseconds idle_timeout{75000};    // between requests
  std::chrono::milliseconds write_timeout{60000};   // without progress, while a client does not read
  // A connection that is so old, give or take a tenth, ends with its next answer; 0: never.
  std::chrono::milliseconds connection_age{0};
};

class Acceptor;
class Connection;

// The way to answer one request. Belongs to the connection's worker; dies with the handler. Every method
// that returns a bool says false once the client is gone; then nothing more can be sent.
class Responder {
 public:
  explicit Responder(Connection& connection) : connection_(connection) {}

  // A whole answer.
  Task<bool> Send(Response response);

  // An answer in pieces: Begin keeps the head back until the first Write, which sends both in one packet.
  void Begin(int status, HeaderList headers);
  // Returns when the operating system has taken the bytes: that is the backpressure.
  Task<bool> Write(std::string_view bytes);
  Task<bool> End();
  // Gives up an answer whose beginning was sent already: the connection is closed so that the client
  // sees that it is not whole.
  void Abort();

  // Whether anything was sent or begun.
  bool begun() const;
  // Whether the client has closed its connection, noticed also while the handler waits for something else.
  bool gone() const;
  // Runs `fn` once, on this worker, when the client goes; at once if it has gone. An empty one takes it back.
  void OnGone(std::function<void()> fn);

  // Answers a request that CheckHandshake() has passed with 101 and runs `session` on the WebSocket; what it leaves
  // unfinished is closed. Returns when the connection is over: nothing can be sent after it. Limits of 0 bytes stand
  // for the server's limit for bodies; timeouts for writing and for a message are the server's, too.
  using Session = std::function<Task<void>(WebSocket&)>;
  Task<void> Upgrade(const Request& request, HeaderList headers, WebSocketLimits limits, Session session);

 private:
  Connection& connection_;
};

// An HTTP/1.1 server: keep-alive, pipelining in order, limits and timeouts for every phase, refusal of
// ambiguous framing, drain. By TLS it follows changes of its certificate files. Build, Start, Drain and destroy on the
// main thread; the handler runs as a coroutine on the connection's worker and may be called there for several
// connections in turn.
class Server {
 public:
  // Answers every request. A handler that ends without an answer makes a 500.
  using Handler = std::function<Task<void>(Request&, Responder&)>;
  // The answer for an error that the server itself finds (400, 408, 413, 415, 431, 500, 501); `request` holds as
  // much as was read of it, perhaps nothing.
  using ErrorPage = std::function<Response(const Request& request, int status, std::string_view message)>;

  Server(WorkerPool& workers, ServerConfig config, Handler handler, ErrorPage error_page, metrics::Registry& registry,
         const std::string& name);
  ~Server();

  // Binds and accepts; the port, or why not. Certificates that can't be used are found before it binds.
  Result<int> Start();
  // Loads the certificates again without waiting for the next connection to find them changed; what is not good
  // leaves the old ones in force. Any thread, after Start(). Nothing on a plain server.
  Status ReloadCertificates();
  // Serves on, but each answer is the last of its connection: those who come again may find another server. Any thread.
  void Leave();
  // Stops accepting, lets requests in progress finish for at most `grace` and until somebody is in a hurry, then closes
  // what is left and waits. What waits to be accepted is served; where another process listens on the address, new
  // connections go there from the first moment on.
  void Drain(std::chrono::milliseconds grace, std::stop_token hurry = {});

  struct Shared;

 private:
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<Acceptor> acceptor_;
  bool started_ = false;
};

}  // namespace wayleave::http

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async/deadline.h"
#include "base/async/task.h"
#include "base/http/connection_pool.h"
#include "base/http/response_reader.h"
#include "base/net/connect.h"
#include "base/result.h"

namespace wayleave::http {

// A request to send. Host, Content-Length and nothing else are added; the views must live until the head
// of the response is there.
struct ClientRequest {
  std::string_view method = "POST";
  std::string_view target;  // path and query
  const ClientHeaders* headers = nullptr;
  const std::vector<std::string_view>* body = nullptr;
};

// How long each phase may take; 0 is no limit.
struct ClientTimeouts {
  std::chrono::milliseconds connect{10000};
  std::chrono::milliseconds first_byte{300000};  // from the request's last byte to the end of the head
  std::chrono::milliseconds idle{300000};        // between two pieces of the body, and for sending
  std::chrono::milliseconds total{0};

  bool operator==(const ClientTimeouts&) const = default;
};

// One HTTP/1.1 request and its response, over a kept or a new connection. Follows no redirects, asks for
// no compression and undoes none. A kept connection that dies before the response's first byte is
// replaced once by a new one; nothing else is retried.
//
// Belongs to the worker of the pool; used once; must outlive its tasks (Cancel() them, let them end).
// Destroying it before the end closes the connection.
//
// Failures have a code, a message fit for the operator and one of these reasons: resolve, refused,
// connect_timeout, tls, closed, first_byte_timeout, idle_timeout, total_timeout, bad_response, cancelled.
class Exchange {
 public:
  Exchange(ConnectionPool& pool, const Origin& origin, ClientTimeouts timeouts);
  ~Exchange();

  // Sends the request and reads the response's head.
  Task<Result<ResponseHead>> Send(const ClientRequest& request);

  enum class Body { kMore, kEnd, kQuiet };

  // Appends what has come of the body, framing removed, up to 64 KiB a time. kMore: there is more to
  // come. kEnd: that was all, perhaps nothing new. kQuiet: nothing came for `quiet` (0: however long);
  // ask again.
  Task<Result<Body>> ReadBody(std::string& append, std::chrono::milliseconds quiet = {});

  // Whether ReadBody() has something without waiting, because it came with the head.
  bool has_early() const { return !early_.empty(); }

  // The rest of the body is of no interest. If only its end is missing, the connection is kept.
  void Release();

  // Closes the connection at once; what waits ends with reason "cancelled". Idempotent.
  void Cancel();

  // When the request's last byte was on its way; of no meaning before the head is there.
  Deadline::Clock::time_point sent_at() const { return sent_at_; }

  // How many connections were opened for this, and whether opening failed.
  int connects() const { return connects_; }
  bool connect_failed() const { return connect_failed_; }

 private:
  enum class Waiting { kNothing, kSend, kHead, kBody };
  class Phase;

  Task<Status> OpenNew();
  Task<Result<ResponseHead>> Attempt(const ClientRequest& request, const std::string& head);
  Task<Status> ReadHead();
  Task<Status> ReadSome(std::string& append);
  std::string Head(const ClientRequest& request) const;
  void Finish();
  void OnDeadline();
  Error Explain(Error error) const;

  ConnectionPool& pool_;
  const Origin& origin_;
  const std::string key_;
  const ClientTimeouts timeouts_;
  Deadline deadline_;
  Deadline::Clock::time_point total_at_ = Deadline::Clock::time_point::max();
  Deadline::Clock::time_point phase_at_ = Deadline::Clock::time_point::max();
  Deadline::Clock::time_point quiet_at_ = Deadline::Clock::time_point::max();
  Deadline::Clock::time_point silent_since_{};
  Deadline::Clock::time_point sent_at_{};
  Waiting waiting_ = Waiting::kNothing;
  const char* timed_out_ = nullptr;  // the reason, once it has happened
  bool quiet_ = false;
  bool cancelled_ = false;
  bool heard_ = false;  // of the present connection: a byte of the response has come
  int connects_ = 0;
  bool connect_failed_ = false;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<ConnectionPool::Connection> connection_;
  std::unique_ptr<ResponseReader> reader_;
  std::string early_;  // body bytes that came with the head
};

}  // namespace wayleave::http

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/async/worker.h"
#include "base/result.h"

namespace wayleave::http {

// The socket that new connections come to, and how it is left without losing any.
//
// Open() on any thread, before the rest; everything else on the worker, which must outlive it.
class Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Choose = std::function<Worker&()>;
  using Take = std::function<void(Worker& home, Socket socket)>;

  // `choose` says for each connection on whose loop it is to live; `take` gets it there, and is called on this worker.
  Listener(Worker& worker, Choose choose, Take take)
      : worker_(worker), choose_(std::move(choose)), take_(std::move(take)) {}

  // Binds and listens; the port, or why not. With `reuse_port` other processes of the same user may listen on the same
  // address, if they say so, too.
  Result<int> Open(const std::string& address, bool reuse_port);
  // Takes connections from now on.
  void Start() { Accept(); }

  // From now on the kernel gives new connections to another process that listens on the address, if there is one: true
  // then. What is under way to this one still comes here: leave it open for as long as a handshake takes. Blocks for
  // some 20 ms. Needs Linux 4.5; without it, or without another process, nothing changes.
  bool Divert();
  // Takes all that waits, and closes. Idempotent.
  void Close();

 private:
  void Accept();
  void RetryLater(boost::system::error_code why);
  bool SteerTo(unsigned index);
  bool ComesHere();
  void TakeWaiting(const Take& take);
  bool open() const { return acceptor_ && acceptor_->is_open(); }

  Worker& worker_;
  const Choose choose_;
  const Take take_;
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  boost::asio::steady_timer pause_{worker_.io()};
  bool shared_ = false;
};

}  // namespace wayleave::http

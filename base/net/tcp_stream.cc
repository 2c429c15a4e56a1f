#include "base/net/tcp_stream.h"

#include <sys/uio.h>

#include <algorithm>
#include <vector>

namespace wayleave::net {
namespace {

constexpr std::size_t kMaxPieces = 64;  // well below IOV_MAX

// The buffers that are still to be written.
class Rest {
 public:
  explicit Rest(std::span<const std::string_view> buffers) {
    pieces_.reserve(buffers.size());
    for (std::string_view b : buffers) {
      if (!b.empty()) pieces_.push_back(iovec{const_cast<char*>(b.data()), b.size()});
    }
  }
  bool empty() const { return first_ == pieces_.size(); }
  const iovec* data() const { return pieces_.data() + first_; }
  std::size_t count() const { return std::min(pieces_.size() - first_, kMaxPieces); }
  void Written(std::size_t n) {
    while (n > 0) {
      iovec& piece = pieces_[first_];
      const std::size_t taken = std::min(n, piece.iov_len);
      piece.iov_base = static_cast<char*>(piece.iov_base) + taken;
      piece.iov_len -= taken;
      n -= taken;
      if (piece.iov_len == 0) ++first_;
    }
  }

 private:
  std::vector<iovec> pieces_;
  std::size_t first_ = 0;
};

}  // namespace

Task<Result<std::size_t>> TcpStream::Read(char* into, std::size_t size) {
  if (socket_->TurnIsOver()) co_await socket_->EndTurn();
  for (;;) {
    std::size_t n = size;
    switch (socket_->TryRead(into, n)) {
      case Ready::kData: co_return n;
      case Ready::kEnd: co_return std::size_t{0};
      case Ready::kFailed:
        co_return socket_->closed() ? Error{Code::kCancelled, "the connection was closed"}
                                    : Error{Code::kUnavailable, "the connection broke"};
      case Ready::kNothing: break;
    }
    Status waited = co_await socket_->WaitReadable();
    if (!waited) co_return std::move(waited).error();
  }
}

Task<Status> TcpStream::Write(std::span<const std::string_view> buffers) {
  Rest rest(buffers);
  while (!rest.empty()) {
    if (socket_->TurnIsOver()) co_await socket_->EndTurn();
    const ssize_t n = socket_->TryWrite(rest.data(), rest.count());
    if (n < 0) co_return Error{Code::kUnavailable, "the connection broke"};
    rest.Written(static_cast<std::size_t>(n));
    if (n > 0) continue;
    Status waited = co_await socket_->WaitWritable();
    if (!waited) co_return waited;
  }
  co_return Status{};
}

}  // namespace wayleave::net

#include "base/http/response_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>

namespace wayleave::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kMaxHead = 64 * 1024;

// Body bytes go where the caller of Feed() wants them.
struct AppendBody {
  using value_type = std::string*;

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(beast::http::header<is_request, Fields>&, value_type& into) : into_(into) {}
    void init(const boost::optional<std::uint64_t>&, beast::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      std::size_t total = 0;
      for (auto buffer : beast::buffers_range_ref(buffers)) {
        into_->append(static_cast<const char*>(buffer.data()), buffer.size());
        total += buffer.size();
      }
      return total;
    }
    void finish(beast::error_code& error) { error = {}; }

   private:
    value_type& into_;
  };
};

Error Malformed(const std::string& what) {
  return Error{Code::kInternal, "not a proper HTTP response: " + what, "bad_response"};
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool SameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::string_view FindHeader(const ClientHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (SameName(key, name)) return value;
  }
  return {};
}

struct ResponseReader::Parser {
  Parser() {
    beast.eager(true);
    beast.header_limit(kMaxHead);
    beast.body_limit(boost::none);
  }
  beast::http::response_parser<AppendBody> beast;
};

ResponseReader::ResponseReader() : parser_(std::make_unique<Parser>()) {}
ResponseReader::~ResponseReader() = default;

bool ResponseReader::reusable() const { return done_ && !surplus_ && parser_->beast.keep_alive(); }

Status ResponseReader::Feed(std::string_view bytes, std::string& body) {
  if (!pending_.empty()) {
    pending_ += bytes;
    bytes = pending_;
  }
  while (!bytes.empty() && !done_) {
    Result<std::size_t> used = Parse(bytes, body);
    if (!used) return std::move(used).error();
    bytes.remove_prefix(*used);
    if (*used == 0) break;
  }
  if (done_) {
    surplus_ = !bytes.empty();
    return {};
  }
  if (bytes.size() > kMaxHead) return Malformed("a chunk's header is too long");
  pending_ = std::string(bytes);
  return {};
}

Result<std::size_t> ResponseReader::Parse(std::string_view bytes, std::string& body) {
  auto& beast = parser_->beast;
  beast.get().body() = &body;
  // Beast must not see the body before the framing has been judged, so the head is read by itself.
  beast.eager(head_done_);
  beast::error_code error;
  const std::size_t used = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != beast::http::error::need_more) return Malformed(error.message());
  if (!head_done_) {
    head_bytes_ += used;
    if (head_bytes_ > kMaxHead) return Malformed("the head is too long");
    if (!beast.is_header_done()) return used;
    if (beast.get().result_int() / 100 == 1) {
      if (beast.get().result_int() == 101) return Malformed("an upgrade that nobody asked for");
      parser_ = std::make_unique<Parser>();
      return used;
    }
    Status good = OnHead();
    if (!good) return std::move(good).error();
  }
  done_ = beast.is_done();
  return used;
}

Status ResponseReader::OnHead() {
  const auto& message = parser_->beast.get();
  const auto encodings = message.count(beast::http::field::transfer_encoding);
  if (encodings > 0) {
    if (encodings > 1 || !SameName(message[beast::http::field::transfer_encoding], "chunked") ||
        message.version() < 11 || message.count(beast::http::field::content_length) > 0) {
      return Malformed("ambiguous framing");
    }
  }
  head_.status = static_cast<int>(message.result_int());
  for (const auto& field : message) head_.headers.emplace_back(field.name_string(), field.value());
  head_done_ = true;
  return {};
}

Status ResponseReader::FeedEnd() {
  const Error cut{Code::kUnavailable, "the connection was closed before the answer was complete", "closed"};
  if (!head_done_ || !pending_.empty()) return cut;
  beast::error_code error;
  parser_->beast.put_eof(error);
  if (error) return cut;
  done_ = true;
  return {};
}

}  // namespace wayleave::http

// The part of a connection that reads the bodies of requests.
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include "base/http/connection.h"

namespace wayleave::http {
namespace {

namespace beast = boost::beast;
constexpr std::size_t kSpareBytes = 64;  // behind a body, for SIMD parsers
constexpr int kStepsInARow = 4;          // of decoding, before others on this worker have their turn

std::string Explained(ContentDecoder::Fault fault, std::string_view coding) {
  const std::string name(coding.substr(0, 20));
  if (fault == ContentDecoder::Fault::kWindow)
    return "The zstd body needs a window of more than 8 MiB; compress it with a level below 20 and without --long.";
  return "The body is not whole or not in the Content-Encoding that the request names, " + name + ".";
}

}  // namespace

Task<bool> Connection::ReadBody(Parser& parser, const Framing& framing, Request& request) {
  if (framing.length > shared_.config.body_bytes) co_return co_await RefuseBody("");
  const std::string_view named = request.headers.Get("content-encoding");
  const auto coding = request.headers.Count("content-encoding") > 1 ? std::nullopt : CodingOf(named);
  if (!coding) co_return co_await RefuseCoding();
  if (!framing.chunked && framing.length == 0) {
    request.body.reserve(kSpareBytes);
    co_return true;
  }
  deadline_.Set(shared_.config.body_timeout);
  const bool waits = request.http11 && beast::iequals(request.headers.Get("expect"), "100-continue");
  if (waits && io_.input().empty()) {
    const bool sent = co_await SendBytes("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return false;
  }
  std::unique_ptr<ContentDecoder> decoder;
  if (*coding != Coding::kIdentity) decoder = MakeContentDecoder(*coding);
  if (framing.chunked) {
    const bool read = co_await ReadChunked(parser, decoder.get(), request.body);
    if (!read) co_return false;
  } else if (decoder) {
    const bool read = co_await ReadCoded(framing.length, *decoder, request.body);
    if (!read) co_return false;
  } else {
    co_return co_await ReadCounted(framing.length, request.body);
  }
  if (decoder && decoder->Finish() != ContentDecoder::Fault::kNone)
    co_return co_await RefuseDecoding(ContentDecoder::Fault::kCorrupt);
  co_return true;
}

Task<bool> Connection::ReadCounted(std::uint64_t length, std::string& body) {
  body.reserve(length + kSpareBytes);
  body.resize(length);
  const bool whole = co_await io_.Fill(std::span<char>(body));
  if (!whole && timed_out_) co_return co_await Refuse(408, "The body did not arrive in time.");
  co_return whole;
}

Task<bool> Connection::ReadCoded(std::uint64_t length, ContentDecoder& decoder, std::string& body) {
  while (length > 0) {
    const std::string piece(io_.input().substr(0, length));
    io_.Consume(piece.size());
    length -= piece.size();
    const bool decoded = co_await Decode(decoder, piece, body);
    if (!decoded) co_return false;
    if (length == 0 || !io_.input().empty()) continue;
    const bool more = co_await MoreOfBody();
    if (!more) co_return false;
  }
  co_return true;
}

Task<bool> Connection::ReadChunked(Parser& parser, ContentDecoder* decoder, std::string& body) {
  parser.eager(true);
  for (;;) {
    const std::string_view input = io_.input();
    if (!input.empty()) {
      beast::error_code error;
      const std::size_t used = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
      if (error && error != beast::http::error::need_more) co_return co_await RefuseParse(error);
      io_.Consume(used);
      if (decoder) {
        const std::string piece = std::exchange(parser.get().body(), {});
        const bool decoded = co_await Decode(*decoder, piece, body);
        if (!decoded) co_return false;
      }
      if (parser.is_done()) break;
      if (used == 0 && io_.full()) co_return co_await Refuse(400, "A chunk header is too long.");
      if (used != 0) continue;
    }
    const bool more = co_await MoreOfBody();
    if (!more) co_return false;
  }
  if (!decoder) body = std::move(parser.get().body());
  body.reserve(body.size() + kSpareBytes);
  co_return true;
}

// Appends what a piece of the body stands for. What expands a thousandfold must not keep the worker from others.
Task<bool> Connection::Decode(ContentDecoder& decoder, std::string_view piece, std::string& body) {
  const std::size_t limit = shared_.config.body_bytes;
  for (int steps = 1; decoder.Wants(piece); ++steps) {
    const auto fault = decoder.Step(piece, body, limit);
    if (fault != ContentDecoder::Fault::kNone) co_return co_await RefuseDecoding(fault);
    if (steps % kStepsInARow != 0) continue;
    co_await Yield{};
    if (timed_out_) co_return co_await Refuse(408, "The body did not arrive in time.");
    if (io_.ended()) co_return false;
  }
  co_return true;
}

Task<bool> Connection::MoreOfBody() {
  const bool more = co_await io_.More();
  if (!more && timed_out_) co_return co_await Refuse(408, "The body did not arrive in time.");
  co_return more;
}

Task<bool> Connection::RefuseBody(const char* how) {
  std::string message = "The request body" + std::string(how) + " is larger than " +
                        std::to_string(shared_.config.body_bytes) + " bytes, the limit of this gateway.";
  co_return co_await Refuse(413, std::move(message));
}

Task<bool> Connection::RefuseDecoding(ContentDecoder::Fault fault) {
  if (fault == ContentDecoder::Fault::kTooLarge) co_return co_await RefuseBody(", decompressed,");
  std::string message = Explained(fault, request_->headers.Get("content-encoding"));
  co_return co_await Refuse(400, std::move(message));
}

Task<bool> Connection::RefuseCoding() {
  Response response = shared_.error_page(*request_, 415,
                                         "The request's Content-Encoding is not known here. Send the body as it is, "
                                         "or in one of: " +
                                             std::string(kAcceptedCodings) + ".");
  response.headers.Add("Accept-Encoding", std::string(kAcceptedCodings));
  co_return co_await RefuseWith(std::move(response));
}

}  // namespace wayleave::http

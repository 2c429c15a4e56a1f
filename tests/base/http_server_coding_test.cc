// Request bodies with a Content-Encoding.
#include <zlib.h>
#include <zstd.h>

#include "tests/base/http_fixture.h"

namespace wayleave::http {
namespace {

using testing::RawClient;
using testing::RawReply;

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string Chunked(const std::string& body, const std::string& more_headers, std::size_t chunk) {
  std::string request = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + more_headers + "\r\n";
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const std::string piece = body.substr(at, chunk);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    request += size + piece + "\r\n";
  }
  return request + "0\r\n\r\n";
}

class HttpCodingTest : public HttpServerTest {
 protected:
  RawReply Ask(const std::string& request) {
    RawClient client(port_);
    client.Send(request);
    return client.Read();
  }
};

TEST_F(HttpCodingTest, TheHandlerSeesThePlainBody) {
  Serve(Echo);
  RawClient client(port_);

  client.Send(Post(Zstd("hello"), "Content-Encoding: zstd\r\n") + Post(Gzip("hello"), "Content-Encoding: gzip\r\n") +
              Post(Gzip("hello"), "Content-Encoding: x-gzip\r\n") + Post("hello", "Content-Encoding: identity\r\n") +
              Chunked(Zstd("hello"), "Content-Encoding: zstd\r\n", 3) +
              Chunked(Gzip("hello"), "Content-Encoding: gzip\r\n", 1) + Post("plain"));

  for (int i = 0; i < 6; ++i) EXPECT_EQ(client.Read().body, "POST /p hello") << i;
  EXPECT_EQ(client.Read().body, "POST /p plain");
}

TEST_F(HttpCodingTest, ABigBodyComesWholeAndHasRoomBehindIt) {
  std::string seen;
  std::size_t room = 0;
  Serve([&](Request& request, Responder& responder) -> Task<void> {
    seen = request.body;
    room = request.body.capacity() - request.body.size();
    Response response = Text(200, "ok");
    co_await responder.Send(std::move(response));
  });
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i * 7919 % 104729) + ",";

  for (const auto& request :
       {Post(Zstd(text), "Content-Encoding: zstd\r\n"), Chunked(Gzip(text), "Content-Encoding: gzip\r\n", 5000)}) {
    seen.clear();
    EXPECT_EQ(Ask(request).status, 200);
    EXPECT_TRUE(seen == text);
    EXPECT_GE(room, 64u);
  }
}

TEST_F(HttpCodingTest, AnEmptyBodyNeedsNoCoding) {
  Serve(Echo);
  EXPECT_EQ(Ask(Post("", "Content-Encoding: zstd\r\n")).body, "POST /p ");
}

TEST_F(HttpCodingTest, AnotherCodingIsRefusedBeforeTheBodyIsRead) {
  Serve(Echo);
  for (const std::string header : {"br", "gzip, zstd", "gzip\r\nContent-Encoding: gzip"}) {
    const RawReply reply =
        Ask("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\nContent-Encoding: " + header +
            "\r\n\r\n");
    EXPECT_EQ(reply.status, 415) << header;
    EXPECT_EQ(reply.Header("Accept-Encoding"), "zstd, gzip, deflate");
    EXPECT_NE(reply.body.find("zstd, gzip, deflate"), std::string::npos);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpCodingTest, WhatIsNotInItsCodingIsA400) {
  Serve(Echo);
  const std::string whole = Zstd("hello");
  for (const std::string& body : {std::string("hello"), whole.substr(0, whole.size() - 1), whole + "x"}) {
    EXPECT_EQ(Ask(Post(body, "Content-Encoding: zstd\r\n")).status, 400);
    EXPECT_EQ(Ask(Chunked(body, "Content-Encoding: zstd\r\n", 4)).status, 400);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpCodingTest, ABombIsA413ThatNamesTheLimit) {
  ServerConfig config;
  config.body_bytes = 1'000'000;
  Serve(Echo, config);
  const std::string zeros(32 << 20, '\0');

  for (const auto& request :
       {Post(Zstd(zeros), "Content-Encoding: zstd\r\n"), Post(Gzip(zeros), "Content-Encoding: gzip\r\n"),
        Chunked(Gzip(zeros), "Content-Encoding: gzip\r\n", 1000)}) {
    const RawReply reply = Ask(request);
    EXPECT_EQ(reply.status, 413);
    EXPECT_NE(reply.body.find("decompressed"), std::string::npos) << reply.body;
    EXPECT_NE(reply.body.find("1000000 bytes"), std::string::npos);
  }
  EXPECT_EQ(handled_, 0);
}

// One worker, and yet a small request does not wait for a body that grows for a long time.
TEST_F(HttpCodingTest, OthersHaveTheirTurnWhileABodyIsDecoded) {
  std::atomic<bool> big_done{false};
  std::atomic<int> small_first{0};
  Serve([&](Request& request, Responder& responder) -> Task<void> {
    if (request.body.size() > 1000) big_done = true;
    if (request.body == "small" && !big_done) ++small_first;
    Response response = Text(200, "ok");
    co_await responder.Send(std::move(response));
  });
  RawClient big(port_), small(port_);
  small.Send(Post("small"));
  ASSERT_EQ(small.Read().status, 200);

  big.Send(Post(Gzip(std::string(60 << 20, '\0')), "Content-Encoding: gzip\r\n"));
  int asked = 1;
  while (!big_done && asked < 100'000) {
    small.Send(Post("small"));
    ASSERT_EQ(small.Read().status, 200);
    ++asked;
  }

  EXPECT_EQ(big.Read().status, 200);
  EXPECT_GE(small_first, 5);
}

TEST_F(HttpCodingTest, TheTimeForABodyHoldsWhileItIsDecoded) {
  ServerConfig config;
  config.body_timeout = std::chrono::milliseconds(1);
  config.body_bytes = std::size_t{1} << 30;
  Serve(Echo, config);

  EXPECT_EQ(Ask(Post(Gzip(std::string(200 << 20, '\0')), "Content-Encoding: gzip\r\n")).status, 408);
}

}  // namespace
}  // namespace wayleave::http

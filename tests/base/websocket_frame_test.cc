// The framing and the opening handshake of RFC 6455, without a connection.
#include "base/http/websocket_frame.h"

#include <gtest/gtest.h>

#include "base/http/websocket_handshake.h"
#include "tests/base/websocket_client.h"

namespace wayleave::http {
namespace {

using testing::RawFrame;
using namespace std::string_literals;

TEST(FrameHeadTest, TheExampleOfTheRfcIsUnderstood) {
  const std::string hello("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  FrameHead head;
  ASSERT_EQ(ReadFrameHead(hello, head), FrameCheck::kWhole);
  EXPECT_TRUE(head.final);
  EXPECT_EQ(head.opcode, Opcode::kText);
  EXPECT_EQ(head.length, 5u);
  std::string payload = hello.substr(head.size);
  Mask(payload, head.mask, 0);
  EXPECT_EQ(payload, "Hello");
}

TEST(FrameHeadTest, EveryBeginningIsIncompleteAndNoneIsBroken) {
  for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
    const std::string bytes = RawFrame(0x81, std::string(size, 'x'));
    FrameHead head;
    ASSERT_EQ(ReadFrameHead(bytes, head), FrameCheck::kWhole) << size;
    EXPECT_EQ(head.length, size);
    for (std::size_t n = 0; n < head.size; ++n) {
      FrameHead part;
      EXPECT_EQ(ReadFrameHead(std::string_view(bytes).substr(0, n), part), FrameCheck::kIncomplete) << size << " " << n;
    }
  }
}

TEST(FrameHeadTest, WhatNoClientMaySendIsBroken) {
  const std::string broken[] = {
      RawFrame(0x81, "unmasked", false),
      RawFrame(0xc1, "rsv1"),
      RawFrame(0xa1, "rsv2"),
      RawFrame(0x91, "rsv3"),
      RawFrame(0x83, "opcode 3"),
      RawFrame(0x8b, "opcode 11"),
      RawFrame(0x09, "a ping in pieces"),
      RawFrame(0x89, std::string(126, 'p')),
      "\x81\xfe\x00\x7d"s + "mask",
      "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"s + "mask",
      "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"s + "mask",
  };
  for (const std::string& bytes : broken) {
    FrameHead head;
    EXPECT_EQ(ReadFrameHead(bytes, head), FrameCheck::kBroken) << ::testing::PrintToString(bytes);
  }
}

TEST(MaskTest, PiecesOfAnySizeGiveTheSame) {
  const std::uint8_t mask[4] = {1, 2, 3, 4};
  std::string whole(100, 'a');
  Mask(whole, mask, 0);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    std::string pieces(100, 'a');
    Mask(std::span<char>(pieces).first(cut), mask, 0);
    Mask(std::span<char>(pieces).subspan(cut), mask, cut);
    EXPECT_EQ(pieces, whole) << cut;
  }
}

TEST(AppendTest, ALongMessageBecomesFragmentsInOrder) {
  std::string bytes;
  AppendTextMessage(bytes, "abcdefg", 3);
  EXPECT_EQ(bytes, "\x01\x03"s + "abc" + "\x00\x03"s + "def" + "\x80\x01"s + "g");
}

TEST(AppendTest, AReasonIsCutBetweenCharacters) {
  std::string bytes;
  AppendClose(bytes, 1008, std::string(122, 'a') + "ü");
  EXPECT_EQ(bytes.size(), 2u + 2 + 122);
}

TEST(CloseCodeTest, OnlyDefinedAndPrivateCodesMayBeSent) {
  for (const int code : {1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999})
    EXPECT_TRUE(IsSendableCloseCode(code)) << code;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) EXPECT_FALSE(IsSendableCloseCode(code)) << code;
}

Request Handshake() {
  Request request;
  request.method = "GET";
  request.target = "/v1/responses";
  request.headers.Add("connection", "keep-alive, Upgrade");
  request.headers.Add("upgrade", "WebSocket");
  request.headers.Add("sec-websocket-version", "13");
  request.headers.Add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  return request;
}

TEST(HandshakeTest, TheKeyIsAnsweredAsInTheRfc) {
  EXPECT_EQ(AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeTest, AProperOneIsAccepted) {
  EXPECT_TRUE(AsksForWebSocket(Handshake().headers));
  EXPECT_FALSE(CheckHandshake(Handshake()).has_value());
}

TEST(HandshakeTest, WhatIsWrongHasAStatus) {
  const auto status = [](auto change) {
    Request request = Handshake();
    HeaderList kept;
    change(request, kept);
    if (!kept.entries().empty()) request.headers = kept;
    const auto refusal = CheckHandshake(request);
    return refusal ? refusal->status : 0;
  };
  const auto without = [](const Request& request, const std::string& name, HeaderList& kept) {
    for (const auto& [key, value] : request.headers.entries()) {
      if (key != name) kept.Add(key, value);
    }
  };
  EXPECT_EQ(status([](Request& r, HeaderList&) { r.method = "POST"; }), 400);
  EXPECT_EQ(status([](Request& r, HeaderList&) { r.http11 = false; }), 400);
  EXPECT_EQ(status([](Request& r, HeaderList&) { r.body = "x"; }), 400);
  EXPECT_EQ(status([&](Request& r, HeaderList& kept) { without(r, "connection", kept); }), 400);
  EXPECT_EQ(status([&](Request& r, HeaderList& kept) { without(r, "sec-websocket-key", kept); }), 400);
  EXPECT_EQ(status([](Request& r, HeaderList&) { r.headers.Add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="); }),
            400);
  EXPECT_EQ(status([&](Request& r, HeaderList& kept) {
              without(r, "sec-websocket-key", kept);
              kept.Add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZ!==");
            }),
            400);
  EXPECT_EQ(status([&](Request& r, HeaderList& kept) {
              without(r, "sec-websocket-version", kept);
              kept.Add("sec-websocket-version", "8");
            }),
            426);
}

}  // namespace
}  // namespace wayleave::http

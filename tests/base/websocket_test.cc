// WebSockets over a real server: what a good peer gets, and what every bad one gets.
#include "base/http/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http/websocket_handshake.h"
#include "tests/base/http_fixture.h"
#include "tests/base/websocket_client.h"

namespace wayleave::http {
namespace {

using namespace std::chrono_literals;
using testing::ClientFrame;
using testing::CloseFrame;
using testing::Eventually;
using testing::RawClient;
using testing::RawFrame;
using testing::ReadFrame;
using testing::ReadMessage;
using testing::ServerFrame;
using testing::TextFrame;
using testing::UpgradeRequest;

Task<void> EchoSession(WebSocket& socket) {
  while (auto message = co_await socket.Next()) {
    const std::string_view text = *message;
    co_await socket.Send({&text, 1});
  }
}

class WebSocketTest : public HttpServerTest {
 protected:
  void ServeSocket(Responder::Session session, WebSocketLimits limits = {}, ServerConfig config = {}) {
    auto upgrade = [session = std::move(session), limits](Request& request, Responder& responder) {
      return responder.Upgrade(request, {}, limits, session);
    };
    Serve(upgrade, std::move(config));
  }
  // A session that waits at the gate for each message, and then echoes it.
  void ServeGatedSocket(WebSocketLimits limits = {}, ServerConfig config = {}) {
    ServeSocket([this](WebSocket& socket) { return Gated(socket); }, limits, std::move(config));
  }
  Task<void> Gated(WebSocket& socket) {
    while (auto message = co_await socket.Next()) {
      socket.OnGone([this] {
        ++gate_.gone;
        gate_.opened.Set();
      });
      ++gate_.entered;
      co_await gate_.opened;
      socket.OnGone({});
      const std::string_view text = *message;
      co_await socket.Send({&text, 1});
    }
    ++gate_.left;
  }
  void Open(RawClient& client) {
    client.Send(UpgradeRequest("/ws"));
    const auto reply = client.Read();
    ASSERT_EQ(reply.status, 101);
    ASSERT_EQ(reply.Header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
  bool ComesToShow(const std::string& line) {
    return Eventually([&] { return Shows(line); });
  }
};

TEST_F(WebSocketTest, MessagesGoBothWaysAndTheCloseIsAnswered) {
  ServeSocket(EchoSession);
  RawClient client(port_);
  Open(client);

  for (const std::size_t size : {0u, 5u, 125u, 126u, 65535u, 65536u, 1000000u}) {
    const std::string text(size, 'x');
    client.Send(TextFrame(text));
    const ServerFrame frame = ReadFrame(client);
    EXPECT_EQ(frame.opcode, 1);
    EXPECT_TRUE(frame.final);
    EXPECT_EQ(frame.payload, text) << size;
  }
  EXPECT_TRUE(Shows(R"(wayleave_http_websockets{listener="test"} 1)"));
  client.Send(CloseFrame(1000, "bye"));
  EXPECT_EQ(ReadFrame(client).close_code(), 1000);
  EXPECT_TRUE(client.ClosesSilently());
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_websockets{listener="test"} 0)"));
}

TEST_F(WebSocketTest, WhatComesWithTheHandshakeIsTheFirstMessage) {
  ServeSocket(EchoSession);
  RawClient client(port_);
  client.Send(UpgradeRequest("/ws") + TextFrame("early"));
  EXPECT_EQ(client.Read().status, 101);
  EXPECT_EQ(ReadFrame(client).payload, "early");
}

TEST_F(WebSocketTest, FragmentsAreJoinedAndControlFramesBetweenThemAnswered) {
  ServeSocket(EchoSession);
  RawClient client(port_);
  Open(client);
  const std::string text = "f\xc3\xbcnf";

  client.Send(ClientFrame(Opcode::kText, text.substr(0, 2), false) + ClientFrame(Opcode::kPing, "p1") +
              ClientFrame(Opcode::kContinuation, "", false) + ClientFrame(Opcode::kPong, "unasked"));
  EXPECT_EQ(ReadFrame(client).payload, "p1");
  client.Send(ClientFrame(Opcode::kContinuation, text.substr(2)));
  EXPECT_EQ(ReadFrame(client).payload, text);
}

TEST_F(WebSocketTest, AFrameMayComeByteByByte) {
  ServeSocket(EchoSession);
  RawClient client(port_);
  Open(client);
  for (const char byte : TextFrame(std::string(300, 'y'))) client.Send({&byte, 1});
  EXPECT_EQ(ReadFrame(client).payload, std::string(300, 'y'));
}

TEST_F(WebSocketTest, PingsAreAnsweredWhileTheOwnerIsBusy) {
  ServeGatedSocket();
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame("work"));
  ASSERT_TRUE(gate_.WaitForEntry());
  client.Send(ClientFrame(Opcode::kPing, "still there?"));
  const ServerFrame pong = ReadFrame(client);
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "still there?");
  gate_.Open();
  EXPECT_EQ(ReadFrame(client).payload, "work");
}

TEST_F(WebSocketTest, MessagesWaitInOrder) {
  ServeGatedSocket();
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame("1") + TextFrame("2") + TextFrame("3"));
  for (int n = 1; n <= 3; ++n) {
    ASSERT_TRUE(gate_.WaitForEntry(n));
    gate_.Open();
    EXPECT_EQ(ReadFrame(client).payload, std::to_string(n));
  }
}

TEST_F(WebSocketTest, APeerThatClosesOrVanishesIsNoticedWhileTheOwnerIsBusy) {
  ServeGatedSocket();
  const std::function<void(RawClient&)> ways[] = {
      [](RawClient& client) { client.Send(CloseFrame(1000)); },
      [](RawClient& client) { client.Close(); },
      [](RawClient& client) { client.Reset(); },
      [](RawClient& client) { client.Send(RawFrame(0x81, "unmasked", false)); },
  };
  int n = 0;
  for (const auto& leave : ways) {
    ++n;
    RawClient client(port_);
    Open(client);
    client.Send(TextFrame("work"));
    ASSERT_TRUE(gate_.WaitForEntry(n));
    leave(client);
    EXPECT_TRUE(Eventually([&] { return gate_.gone == n && gate_.left == n; })) << n;
  }
}

struct BadCase {
  const char* name;
  std::string bytes;
  int code;
  const char* reason;  // of the metric
};

class BadPeerTest : public WebSocketTest, public ::testing::WithParamInterface<BadCase> {};

TEST_P(BadPeerTest, IsToldWhyAndClosedOn) {
  WebSocketLimits limits;
  limits.message_bytes = 1000;
  limits.waiting_messages = 2;
  ServeGatedSocket(limits);
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame("busy"));
  ASSERT_TRUE(gate_.WaitForEntry());

  client.Send(GetParam().bytes);

  ServerFrame frame = ReadFrame(client);
  while (frame.opcode == 10 || frame.opcode == 1) frame = ReadFrame(client);
  EXPECT_EQ(frame.close_code(), GetParam().code);
  client.Close();
  if (GetParam().reason) {
    EXPECT_TRUE(ComesToShow(std::string(R"(wayleave_http_websockets_cut_total{listener="test",reason=")") +
                            GetParam().reason + "\"} 1"));
  }
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_connections{listener="test"} 0)"));
}

std::string Repeated(const std::string& bytes, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += bytes;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Peers, BadPeerTest,
    ::testing::ValuesIn(std::vector<BadCase>{
        {"Unmasked", RawFrame(0x81, "x", false), 1002, "protocol"},
        {"ReservedBit", RawFrame(0xc1, "x"), 1002, "protocol"},
        {"ReservedOpcode", RawFrame(0x83, "x"), 1002, "protocol"},
        {"ReservedControl", RawFrame(0x8f, "x"), 1002, "protocol"},
        {"LongPing", RawFrame(0x89, std::string(126, 'x')), 1002, "protocol"},
        {"PingInPieces", RawFrame(0x09, "x"), 1002, "protocol"},
        {"ContinuationOfNothing", ClientFrame(Opcode::kContinuation, "x"), 1002, "protocol"},
        {"TextWithinText", ClientFrame(Opcode::kText, "x", false) + TextFrame("y"), 1002, "protocol"},
        {"Binary", ClientFrame(Opcode::kBinary, "x"), 1003, "protocol"},
        {"BadUtf8", TextFrame("\xff"), 1007, "protocol"},
        {"Utf8CutAtTheEnd", ClientFrame(Opcode::kText, "\xe2", false) + ClientFrame(Opcode::kContinuation, "\x82"),
         1007, "protocol"},
        {"TooLarge", TextFrame(std::string(1001, 'x')), 1009, "limit"},
        {"TooLargeByItsHeadAlone", std::string("\x81\xff\x00\x00\x7f\xff\xff\xff\xff\xff", 10) + "mask", 1009, "limit"},
        {"TooLargeInFragments",
         ClientFrame(Opcode::kText, std::string(600, 'x'), false) +
             ClientFrame(Opcode::kContinuation, std::string(600, 'x')),
         1009, "limit"},
        {"TooLargeTogether", TextFrame(std::string(600, 'x')) + TextFrame(std::string(600, 'x')), 1009, "limit"},
        {"TooMany", Repeated(TextFrame("x"), 3), 1008, "limit"},
        {"CloseWithOneByte", ClientFrame(Opcode::kClose, "x"), 1002, "protocol"},
        {"CloseWithReservedCode", CloseFrame(1005), 1002, "protocol"},
        {"CloseWithBadReason", CloseFrame(1000, "\xff"), 1002, "protocol"},
        {"CloseWithoutCode", ClientFrame(Opcode::kClose, ""), 1000, nullptr},
        {"CloseWithOwnCode", CloseFrame(4321), 4321, nullptr},
        {"PingsInMasses", Repeated(ClientFrame(Opcode::kPing, std::string(125, 'p')), 20000) + CloseFrame(1001), 1001,
         nullptr},
        {"NothingAfterTheClose", CloseFrame(1000) + RawFrame(0xff, "rubbish"), 1000, nullptr},
    }),
    [](const auto& one) { return one.param.name; });

TEST_F(WebSocketTest, EndlessFragmentsRunOutOfTime) {
  ServerConfig config;
  config.body_timeout = 200ms;
  ServeSocket(EchoSession, {}, config);
  RawClient client(port_);
  Open(client);
  client.Send(ClientFrame(Opcode::kText, "x", false));
  const auto stop = std::chrono::steady_clock::now() + 10s;
  while (client.Send(ClientFrame(Opcode::kContinuation, "", false)) && std::chrono::steady_clock::now() < stop) {
    std::this_thread::sleep_for(1ms);  // slow enough not to fill what the server has no time to read
  }
  EXPECT_LT(std::chrono::steady_clock::now(), stop);
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_websockets_cut_total{listener="test",reason="timeout"} 1)"));
}

TEST_F(WebSocketTest, ASilentPeerIsPingedAndThenDropped) {
  WebSocketLimits limits;
  limits.ping_interval = 100ms;
  ServeSocket(EchoSession, limits);
  RawClient client(port_);
  Open(client);
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(ReadFrame(client).opcode, 9);
    client.Send(ClientFrame(Opcode::kPong, ""));
  }
  EXPECT_EQ(ReadFrame(client).opcode, 9);
  EXPECT_EQ(ReadFrame(client).opcode, -1);
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_websockets_cut_total{listener="test",reason="timeout"} 1)"));
}

TEST_F(WebSocketTest, AnIdlePeerThatAnswersPingsIsClosedOnInTheEnd) {
  WebSocketLimits limits;
  limits.ping_interval = 100ms;
  limits.idle_timeout = 500ms;
  ServeSocket(EchoSession, limits);
  RawClient client(port_);
  Open(client);
  ServerFrame frame = ReadFrame(client);
  for (; frame.opcode == 9; frame = ReadFrame(client)) client.Send(ClientFrame(Opcode::kPong, frame.payload));
  EXPECT_EQ(frame.close_code(), 1001);
  client.Send(CloseFrame(1001));
  EXPECT_TRUE(client.ClosesSilently());
}

TEST_F(WebSocketTest, APeerThatDoesNotAnswerTheCloseIsNotWaitedForLong) {
  WebSocketLimits limits;
  limits.idle_timeout = 50ms;
  limits.close_timeout = 100ms;
  ServeSocket(EchoSession, limits);
  RawClient client(port_);
  Open(client);
  EXPECT_EQ(ReadFrame(client).close_code(), 1001);
  EXPECT_TRUE(client.ClosesSilently());
}

Task<void> Flood(WebSocket& socket) {
  const std::string much(1 << 20, 'x');
  const std::string_view text = much;
  while (co_await socket.Send({&text, 1})) continue;
}

TEST_F(WebSocketTest, APeerThatDoesNotReadStopsTheSenderAndTimesOut) {
  ServerConfig config;
  config.write_timeout = 200ms;
  ServeSocket(Flood, {}, config);
  RawClient::Options options;
  options.receive_buffer = 4096;
  RawClient client(port_, options);
  Open(client);
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_websockets_cut_total{listener="test",reason="timeout"} 1)"));
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_connections{listener="test"} 0)"));
}

TEST_F(WebSocketTest, ALongMessageIsSentInFramesOfFourMegabytes) {
  ServeSocket(EchoSession);
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame(std::string(9 << 20, 'z')));
  std::size_t total = 0;
  int frames = 0;
  for (ServerFrame frame; !frame.final; ++frames, total += frame.payload.size()) {
    frame = ReadFrame(client);
    ASSERT_EQ(frame.opcode, frames == 0 ? 1 : 0);
  }
  EXPECT_EQ(total, std::size_t{9} << 20);
  EXPECT_EQ(frames, 3);
}

TEST_F(WebSocketTest, DrainEndsIdleOnesAtOnceAndBusyOnesAfterTheirMessage) {
  ServeGatedSocket();
  RawClient idle(port_);
  RawClient busy(port_);
  Open(idle);
  Open(busy);
  busy.Send(TextFrame("work") + TextFrame("never begun"));
  ASSERT_TRUE(gate_.WaitForEntry());

  std::thread drain([this] { server_->Drain(10s); });
  EXPECT_EQ(ReadFrame(idle).close_code(), 1001);
  idle.Close();
  gate_.Open();
  EXPECT_EQ(ReadFrame(busy).payload, "work");
  EXPECT_EQ(ReadFrame(busy).close_code(), 1001);
  busy.Close();
  drain.join();
  EXPECT_EQ(gate_.entered, 1);
}

TEST_F(WebSocketTest, AfterTheGraceBusyOnesAreCut) {
  ServeGatedSocket();
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame("work"));
  ASSERT_TRUE(gate_.WaitForEntry());
  server_->Drain(50ms);
  EXPECT_EQ(gate_.gone, 1);
}

Task<void> Throw(WebSocket& socket) {
  co_await socket.Next();
  throw std::runtime_error("a bug");
}

TEST_F(WebSocketTest, ASessionThatFailsIsAnInternalError) {
  ServeSocket(Throw);
  RawClient client(port_);
  Open(client);
  client.Send(TextFrame("x"));
  EXPECT_EQ(ReadFrame(client).close_code(), 1011);
}

TEST_F(WebSocketTest, SocketsCountAsConnectionsOfTheirAddress) {
  ServerConfig config;
  config.connections_per_address = 1;
  ServeSocket(EchoSession, {}, config);
  RawClient client(port_);
  Open(client);
  RawClient second(port_);
  second.Send(UpgradeRequest("/ws"));
  EXPECT_TRUE(second.ClosesSilently());
}

}  // namespace
}  // namespace wayleave::http

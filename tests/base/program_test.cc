#include "base/app/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <thread>

#include "base/app/flags.h"
#include "tests/base/raw_client.h"

namespace wayleave::app {
namespace {

using ::testing::HasSubstr;
using wayleave::testing::RawClient;
using wayleave::testing::RawReply;

RawReply Ask(int port, const std::string& path) {
  RawClient client(port);
  client.Send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  return client.Read();
}

class AdminTest : public ::testing::Test {
 protected:
  Program program_{"test-service", {}};
};

TEST_F(AdminTest, IsAliveBeforeItIsReady) {
  const int port = program_.ServeAdmin("127.0.0.1:0").value();

  EXPECT_EQ(Ask(port, "/livez").status, 200);
  const RawReply starting = Ask(port, "/readyz");
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(starting.body, "starting or draining\n");
  program_.SetReady(true);
  EXPECT_EQ(Ask(port, "/readyz").status, 200);
  program_.SetReady(false);
  EXPECT_EQ(Ask(port, "/readyz").status, 503);
}

TEST_F(AdminTest, NamesWhatStandsInItsWay) {
  std::atomic<bool> away{true};
  const int port = program_.ServeAdmin("127.0.0.1:0", [&] { return away ? "the store is away" : ""; }).value();
  program_.SetReady(true);

  const RawReply obstructed = Ask(port, "/readyz");
  away = false;

  EXPECT_EQ(obstructed.status, 503);
  EXPECT_EQ(obstructed.body, "the store is away\n");
  EXPECT_EQ(Ask(port, "/readyz").status, 200);
}

TEST_F(AdminTest, ShowsMetricsInPrometheusFormat) {
  const int port = program_.ServeAdmin("127.0.0.1:0").value();
  program_.registry().Counter("wayleave_test_total", "For the test.").Increment();

  const RawReply reply = Ask(port, "/metrics");

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.Header("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(reply.body, HasSubstr("wayleave_test_total 1"));
  EXPECT_THAT(reply.body, HasSubstr(R"(wayleave_build_info{service="test-service")"));
  EXPECT_THAT(reply.body, HasSubstr(R"(wayleave_http_connections{listener="admin"} 1)"));
}

TEST_F(AdminTest, SaysWhatThereIsWhenAskedForAnythingElse) {
  const int port = program_.ServeAdmin("127.0.0.1:0").value();

  const RawReply reply = Ask(port, "/");

  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("/livez, /readyz and /metrics"));
}

Task<void> TellPath(http::Request& request, http::Responder& responder) {
  http::Response response;
  response.body = request.method + " " + request.target + " " + request.body;
  co_await responder.Send(std::move(response));
}

http::Response OwnPage(const http::Request&, int status, std::string_view) {
  http::Response response;
  response.status = status;
  response.body = "own page";
  return response;
}

TEST_F(AdminTest, GivesAProgramsHandlerWhatIsBelowItsPrefixAndNothingElse) {
  program_.HandleAdmin("/own/", TellPath);
  const int port = program_.ServeAdmin("127.0.0.1:0").value();

  EXPECT_EQ(Ask(port, "/own/a/b?c=d").body, "GET /own/a/b?c=d ");
  EXPECT_EQ(Ask(port, "/own/").body, "GET /own/ ");
  EXPECT_EQ(Ask(port, "/livez").body, "ok\n");
  EXPECT_EQ(Ask(port, "/own").status, 404);
  EXPECT_EQ(Ask(port, "/owner").status, 404);
  EXPECT_THAT(Ask(port, "/?/own/").body, HasSubstr("and more below /own/."));
}

struct TooLarge {
  const char* path;
  const char* body;
};

TEST_F(AdminTest, RefusesLargeBodiesInTheWordsOfTheHandlersOwnPage) {
  program_.HandleAdmin("/own/", TellPath, OwnPage);
  const int port = program_.ServeAdmin("127.0.0.1:0").value();

  for (const TooLarge& one : {TooLarge{"/own/a", "own page"}, TooLarge{"/livez", "is larger than 1048576 bytes"}}) {
    RawClient client(port);
    client.Send("POST " + std::string(one.path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    const RawReply reply = client.Read();

    EXPECT_EQ(reply.status, 413);
    EXPECT_THAT(reply.body, HasSubstr(one.body));
  }
}

TEST_F(AdminTest, KeepsPlainPagesForAHandlerWithoutItsOwn) {
  program_.HandleAdmin("/own/", TellPath);
  const int port = program_.ServeAdmin("127.0.0.1:0").value();
  RawClient client(port);

  client.Send("POST /own/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");

  EXPECT_THAT(client.Read().Header("Content-Type"), HasSubstr("text/plain"));
}

TEST_F(AdminTest, CanBeStoppedTwice) {
  const int port = program_.ServeAdmin("127.0.0.1:0").value();

  program_.StopAdmin();
  program_.StopAdmin();

  EXPECT_THROW(RawClient{port}, std::runtime_error);
}

TEST_F(AdminTest, WaitsForTheSignalToEnd) {
  std::thread waiter([&] { program_.WaitForSignal(); });

  pthread_kill(waiter.native_handle(), SIGTERM);

  waiter.join();
}

class EnvironmentTest : public ::testing::Test {
 protected:
  ~EnvironmentTest() override {
    for (const char* name :
         {"WAYLEAVE_CONFIG", "WAYLEAVE_LISTEN", "WAYLEAVE_ADMIN", "WAYLEAVE_STATE_DIR", "WAYLEAVE_LOG_LEVEL"}) {
      unsetenv(name);
    }
  }
  static Flags Parse(std::vector<std::string> arguments) {
    CLI::App command;
    Flags flags;
    AddFlags(command, flags);
    std::reverse(arguments.begin(), arguments.end());
    command.parse(arguments);
    return flags;
  }
};

TEST_F(EnvironmentTest, FlagsComeFromTheEnvironmentAndTheCommandLineWins) {
  setenv("WAYLEAVE_CONFIG", "from-environment.yaml", 1);
  setenv("WAYLEAVE_LISTEN", "127.0.0.1:1", 1);
  setenv("WAYLEAVE_STATE_DIR", "state", 1);

  const Flags flags = Parse({"--listen", "127.0.0.1:2", "--log-level=debug"});

  EXPECT_EQ(flags.config, "from-environment.yaml");
  EXPECT_EQ(flags.listen, "127.0.0.1:2");
  EXPECT_EQ(flags.state_dir, "state");
  EXPECT_EQ(flags.log_level, "debug");
  EXPECT_EQ(flags.admin, "");
}

TEST_F(EnvironmentTest, AnUnknownLogLevelIsRefused) {
  EXPECT_THROW(Parse({"--log-level", "loud"}), CLI::ParseError);
  setenv("WAYLEAVE_LOG_LEVEL", "loud", 1);
  EXPECT_THROW(Parse({}), CLI::ParseError);
}

// A file with this text, for the time of a test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(::testing::TempDir() + "program_test_" + std::to_string(getpid()) + ".yaml") {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { unlink(path_.c_str()); }
  Flags flags() const {
    Flags flags;
    flags.config = path_;
    return flags;
  }

 private:
  const std::string path_;
};

struct ExitCase {
  const char* name;
  const char* yaml;
  Status (*run)(Program&);
  int code;
  const char* message;
};

Status Succeed(Program&) { return {}; }
Status Fail(Program&) { return Error{Code::kUnavailable, "the port is taken", {}, {}}; }
Status Throw(Program&) { throw std::runtime_error("a bug"); }
Status ReadStrictly(Program& program) {
  program.config().Done();
  return {};
}

class ExitCodeTest : public ::testing::TestWithParam<ExitCase> {};

TEST_P(ExitCodeTest, SaysHowItEnded) {
  const ConfigFile file(GetParam().yaml);
  ::testing::internal::CaptureStderr();

  const int code = RunProgram("name", file.flags(), GetParam().run);

  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, GetParam().code);
  EXPECT_THAT(told, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(All, ExitCodeTest,
                         ::testing::Values(ExitCase{"Good", "", Succeed, 0, ""},
                                           ExitCase{"Failed", "", Fail, 1, "name: the port is taken\n"},
                                           ExitCase{"Bug", "", Throw, 1, "name: a bug\n"},
                                           ExitCase{"UnknownKey", "lisen: 1", ReadStrictly, 2, ":1: "},
                                           ExitCase{"BadLevel", "\nlog: {level: loud}", Succeed, 2, ":2: "},
                                           ExitCase{"BadYaml", "a: [", Succeed, 2, ".yaml:"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ProgramTest, AMissingFileEndsWithTwo) {
  Flags flags;
  flags.config = "/nonexistent/wayleave.yaml";
  ::testing::internal::CaptureStderr();

  EXPECT_EQ(RunProgram("name", flags, Succeed), 2);

  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("/nonexistent/wayleave.yaml"));
}

TEST(ProgramTest, ASecondSignalIsAHurry) {
  const ConfigFile file("shutdown: {lame_duck: 1h}");
  Program program("name", file.flags());
  std::atomic<bool> left{false};
  std::thread waiter([&] { program.WaitForSignal([&] { left = true; }); });
  program.SetReady(true);

  ::kill(::getpid(), SIGTERM);
  ASSERT_TRUE(wayleave::testing::Eventually([&] { return left.load(); }));
  EXPECT_FALSE(program.hurry().stop_requested());
  const bool hurried = wayleave::testing::Eventually([&] {
    ::kill(::getpid(), SIGTERM);  // the first ones are the same wish
    return program.hurry().stop_requested();
  });
  waiter.join();  // the lame duck's hour is over

  EXPECT_TRUE(hurried);
}

}  // namespace
}  // namespace wayleave::app

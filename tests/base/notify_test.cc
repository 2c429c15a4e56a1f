#include "base/app/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/app/program.h"

namespace wayleave::app {
namespace {

using ::testing::StartsWith;

// Listens where systemd would, at a name of its own, and sets NOTIFY_SOCKET for as long as it lives.
class Manager {
 public:
  explicit Manager(const std::string& name) : name_(name), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0) throw std::runtime_error("can't bind");
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
    if (name_.front() != '@') unlink(name_.c_str());
  }

  // What came next; "" if nothing has come.
  std::string Next() const {
    char text[512];
    const ssize_t size = recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  const std::string name_;
  const int fd_;
};

std::string FileName() { return ::testing::TempDir() + "notify_" + std::to_string(getpid()); }

TEST(Notify, ReachesASocketWithAFile) {
  const Manager manager(FileName());

  Notify("STATUS=well");

  EXPECT_EQ(manager.Next(), "STATUS=well");
}

TEST(Notify, ReachesASocketInTheAbstractNamespace) {
  const Manager manager("@wayleave_notify_" + std::to_string(getpid()));

  Notify("READY=1");

  EXPECT_EQ(manager.Next(), "READY=1");
}

TEST(Notify, SaysNothingWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  Notify("READY=1");

  for (const std::string& name : {std::string(), std::string("@"), FileName() + "_nobody", std::string(200, 'x')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    Notify("READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
}

TEST(Notify, IsToldWhenAProgramServesAndWhenItStops) {
  const Manager manager(FileName());
  Program program("test-service", {});
  EXPECT_EQ(manager.Next(), "");

  program.SetReady(true);
  EXPECT_EQ(manager.Next(), "READY=1");
  std::thread waiter([&] { program.WaitForSignal(); });
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
  program.SetReady(false);

  EXPECT_EQ(manager.Next(), "STOPPING=1");
  EXPECT_EQ(manager.Next(), "");
}

TEST(Notify, IsToldOfEachReadingOfTheConfigurationAlsoOfARefusedOne) {
  const Manager manager(FileName());
  Program program("test-service", {});
  program.OnReload(
      {}, [&program] { program.reloads().Again([](config::Section&) { throw config::ConfigError("refused"); }); });
  std::thread waiter([&] { program.WaitForSignal(); });

  pthread_kill(waiter.native_handle(), SIGHUP);
  std::string reloading;
  while ((reloading = manager.Next()).empty()) std::this_thread::yield();
  std::string ready;
  while ((ready = manager.Next()).empty()) std::this_thread::yield();
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();

  EXPECT_THAT(reloading, StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(ready, "READY=1");
}

}  // namespace
}  // namespace wayleave::app

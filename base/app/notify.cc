#include "base/app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace wayleave::app {
namespace {

// A name that begins with @ stands for one without a file, which the kernel writes with a zero in that place.
socklen_t FillAddress(const std::string& name, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

std::string MonotonicMicroseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

void Notify(const std::string& state) {
  const char* given = std::getenv("NOTIFY_SOCKET");
  const std::string name = given ? given : "";
  sockaddr_un address{};
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return;
  const socklen_t length = FillAddress(name, address);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address),
         length);
  close(fd);
}

void NotifyReloading() { Notify("RELOADING=1\nMONOTONIC_USEC=" + MonotonicMicroseconds()); }
void NotifyReady() { Notify("READY=1"); }

}  // namespace wayleave::app

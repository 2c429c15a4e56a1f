#include "deploy/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace wayleave::deploy {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kRestOfLine = "\x1b[K";
constexpr std::string_view kRestOfScreen = "\x1b[J";

void Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0 && errno != EINTR) return;  // the terminal has gone, which ends in SIGHUP
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

sigset_t Awaited() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, number);
  return set;
}

// ^C and ^D come as characters while a line is not awaited as a whole.
bool AsksToQuit(char c) { return c == 'q' || c == 'Q' || c == '\x03' || c == '\x04'; }

}  // namespace

bool Terminal::Usable() { return isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1; }

void Terminal::BlockSignals() {
  const sigset_t set = Awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Terminal::Terminal() {
  const sigset_t set = Awaited();
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  tcgetattr(STDIN_FILENO, &before_);
  termios now = before_;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &now);
  Write(kEnter);
}

Terminal::~Terminal() {
  Write(kLeave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  close(signals_);
}

TopSize Terminal::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

// The last line has no newline, which would scroll a full screen.
void Terminal::Show(std::string_view frame) {
  std::string bytes(kHome);
  while (!frame.empty()) {
    const auto end = frame.find('\n');
    bytes.append(frame.substr(0, end)).append(kRestOfLine);
    frame.remove_prefix(end == std::string_view::npos ? frame.size() : end + 1);
    if (!frame.empty()) bytes.append("\r\n");
  }
  Write(bytes.append(kRestOfScreen));
}

Terminal::Event Terminal::Wait(std::chrono::milliseconds time) {
  std::array<pollfd, 2> sources{pollfd{signals_, POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
  if (poll(sources.data(), sources.size(), static_cast<int>(time.count())) <= 0) return Event::kTime;
  if (sources[0].revents != 0) {
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) return Event::kQuit;
    return info.ssi_signo == SIGWINCH ? Event::kResized : Event::kQuit;
  }
  char c = 'q';  // for an input that has ended
  if (read(STDIN_FILENO, &c, 1) <= 0) return Event::kQuit;
  return AsksToQuit(c) ? Event::kQuit : Event::kResized;
}

}  // namespace wayleave::deploy

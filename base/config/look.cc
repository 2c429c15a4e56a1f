#include "base/config/look.h"

#include <sys/stat.h>

#include <cerrno>

namespace wayleave::config {

std::string LookOf(const std::string& path) {
  struct stat now {};
  if (stat(path.c_str(), &now) != 0) return "error " + std::to_string(errno);
  std::string look;
  for (const auto part : {static_cast<long>(now.st_dev), static_cast<long>(now.st_ino), static_cast<long>(now.st_size),
                          now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec}) {
    look += std::to_string(part) + " ";
  }
  return look;
}

}  // namespace wayleave::config

#include "base/crypto/secret_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/crypto/encoding.h"
#include "base/crypto/random.h"

namespace wayleave::crypto {
namespace {

Error Failed(const std::string& what, const std::string& path) {
  return Error{Code::kFailedPrecondition, what + " " + path + ": " + std::strerror(errno)};
}

// link() refuses to replace, so the first of several processes wins, and nobody sees half a file.
Status Publish(const std::string& path, std::size_t bytes) {
  const std::string draft = path + "." + Hex(RandomBytes(8));
  Status written = WriteNewSecret(draft, RandomBytes(bytes));
  if (written && link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) written = Failed("can't create", path);
  unlink(draft.c_str());
  return written;
}

}  // namespace

Status WriteNewSecret(const std::string& path, const std::string& secret) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("can't create", path);
  const bool written = write(fd, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) && fsync(fd) == 0;
  const Error failure = Failed("can't write", path);
  close(fd);
  if (!written) return failure;
  return {};
}

Result<std::string> ReadOrMakeSecret(const std::string& path, std::size_t bytes) {
  if (access(path.c_str(), F_OK) != 0) {
    if (Status published = Publish(path, bytes); !published) return published.error();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failed("can't read", path);
  std::string secret{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (secret.size() != bytes) {
    return Error{Code::kDataLoss, path + " is damaged: " + std::to_string(secret.size()) + " bytes, not " +
                                      std::to_string(bytes)};
  }
  return secret;
}

}  // namespace wayleave::crypto

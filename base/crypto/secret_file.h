#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace wayleave::crypto {

// The secret of `bytes` random bytes that lives in the file `path`, made now (mode 0600, on disk before it
// is used) if there is none. Processes that start at once agree on one. A file of another length is an
// error: it is never replaced, because what was made with the old secret would be lost.
Result<std::string> ReadOrMakeSecret(const std::string& path, std::size_t bytes);

// Makes the file `path` with a secret in it: mode 0600, on disk when it returns. kFailedPrecondition if there is a file
// already, which stays as it was; after another failure there may be half of one.
Status WriteNewSecret(const std::string& path, const std::string& secret);

}  // namespace wayleave::crypto

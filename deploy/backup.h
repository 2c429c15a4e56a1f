#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace wayleave::deploy {

// Copies the database of the state directory, as it is at one moment, to the new file `to`, beside a running server or
// without one. With `keys` what the copy is of no use without is copied into the new directory `to`.keys: the secret
// that keys are known by, the key that checkpoints are signed with, and the checkpoints. All of it is for its owner
// alone and on disk when this returns; of a failure nothing is left but perhaps that directory. The names of what was
// written. Blocks.
Result<std::vector<std::string>> BackUp(const std::string& state_dir, const std::string& to, bool keys);

// Writes a new file for its owner alone; on disk when it returns. kAlreadyExists if there is one.
Status WriteNewFile(const std::string& path, const std::string& contents);

}  // namespace wayleave::deploy

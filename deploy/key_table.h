#pragma once

#include <string>

#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::deploy {

// Keys as a table for a terminal, in the order given. Long names are cut; --json shows them whole.
std::string KeysTable(const auth::v1::ListKeysResponse& keys);

// "good", "until 2026-11-20 14:05", "rotated to key_...", "revoked ...": as of now.
std::string StateOf(const auth::v1::Key& key);

}  // namespace wayleave::deploy

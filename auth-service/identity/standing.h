#pragma once

#include <string>

#include "auth-service/identity/key_table.h"
#include "base/result.h"

namespace wayleave::auth {

// Why somebody is not let in, in words that say what to do. None repeats a credential. All functions are pure.

Error MissingKey();
Error UnknownKey();
Error RefusedFor(Standing standing);
Error UnknownTenant(const std::string& name);

// Whether nobody that counts for them is suspended, and it is an hour at which they may come.
Status MayEnter(const Accounted& accounted, Time now);

}  // namespace wayleave::auth

#pragma once

#include "base/app/program.h"

namespace wayleave::deploy {

// `wayleave doctor`: looks at what a first start depends on and says for each thing whether it is well and, if
// not, what to do. Returns the exit code: 0 when nothing stands in the way.
int Doctor(const app::Flags& flags);

}  // namespace wayleave::deploy

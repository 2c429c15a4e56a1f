#pragma once

#include "base/app/program.h"
#include "base/result.h"

namespace wayleave::deploy {

// `wayleave serve`: the four services in this process, until SIGTERM or SIGINT.
Status Serve(app::Program& program);

}  // namespace wayleave::deploy

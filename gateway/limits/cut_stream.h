#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::gateway {

// The end of a stream that must not go on, because what was held for it is used up: the one terminal event, or the two,
// that the clients of each door take for an answer that was cut at its limit. Pure.
std::string CutStreamEvents(provider::v1::Endpoint endpoint, std::string_view response_id, std::string_view model,
                            std::uint64_t sequence);

}  // namespace wayleave::gateway

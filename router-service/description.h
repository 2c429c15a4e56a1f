#pragma once

#include "router-service/config.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// What clients are told of a model: what the configuration says, and where it is silent what the provider says.
// `config` and `upstream` may be nullptr. Fills all of `model` but its names and its age. Pure.
void Describe(const ModelConfig* config, const provider::v1::UpstreamModel* upstream, v1::Model& model);

}  // namespace wayleave::router

#pragma once

// For the .cc files of the dialects only.

#include <memory>
#include <string>

#include "base/result.h"
#include "provider-service/dialect/hub/request.h"
#include "provider-service/dialect/hub/turn.h"
#include "provider-service/dialect/reply.h"
#include "provider-service/dialect/translate.h"

namespace wayleave::provider {

// Each upstream dialect is a pair of these: one writes the request's body, the other reads the answer.
struct UpstreamDialect {
  // kInvalidArgument for a request that this upstream can't take and that no other would.
  Result<std::string> (*write)(HubRequest& hub, const TranslateOptions& options);
  std::unique_ptr<Reply> (*read)(TurnContext context);
};

}  // namespace wayleave::provider

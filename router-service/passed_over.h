#pragma once

#include <string>
#include <utility>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

using PassedOver = google::protobuf::RepeatedPtrField<v1::PassedOver>;

// `why` completes "passed over: …".
inline void PassOver(const v1::Target& target, std::string why, PassedOver& into) {
  v1::PassedOver& over = *into.Add();
  over.set_provider(target.provider());
  over.set_model(target.model());
  over.set_why(std::move(why));
}

}  // namespace wayleave::router

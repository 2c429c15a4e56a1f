#include "provider-service/dialect/messages/threads.h"

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

bool AsksForThread(std::string_view body) {
  if (body.find("\"thread\"") == std::string_view::npos) return false;
  const Json request = Json::parse(body, nullptr, false);
  return !At(request, "thread").is_null();
}

Error ThreadRefusal() {
  return Error{Code::kInvalidArgument,
               "Conversations are not held here. Send the whole conversation in `messages`, without `thread`.",
               "thread_unsupported_request",
               {}};
}

}  // namespace wayleave::provider

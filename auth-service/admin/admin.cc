#include "auth-service/admin/admin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth-service/admin/methods.h"
#include "auth-service/admin/rights.h"
#include "auth-service/from_thread.h"

namespace wayleave::auth {
namespace {

using google::protobuf::Message;

struct Method {
  std::string_view name;
  bool changes;
  Status (*call)(Desk&, const Message&, Message&, const Caller&);
};

template <class Request, class Response, Result<Response> (Desk::*Do)(const Request&, const Caller&)>
Status CallDesk(Desk& desk, const Message& request, Message& response, const Caller& caller) {
  Result<Response> done = (desk.*Do)(static_cast<const Request&>(request), caller);
  if (!done) return std::move(done).error();
  static_cast<Response&>(response) = std::move(*done);
  return {};
}

bool Changes(std::string_view name) { return !name.starts_with("List") && !name.starts_with("Sum") && !name.starts_with("Read"); }

#define WAYLEAVE_METHOD(NAME) \
  Method{#NAME, Changes(#NAME), CallDesk<v1::NAME##Request, v1::NAME##Response, &Desk::NAME>},
const std::array kMethods = {WAYLEAVE_ADMIN_METHODS(WAYLEAVE_METHOD)};
#undef WAYLEAVE_METHOD

}  // namespace

Admin::Admin(Store& store, const crypto::HmacSha256& hmac, Desk::Table table, Clock clock, Probe& probe,
             Identify identify, std::function<void()> changed)
    : desk_(store, hmac, std::move(table), std::move(clock)),
      probe_(probe),
      identify_(std::move(identify)),
      changed_(std::move(changed)),
      clerk_(std::chrono::hours(24), [] {}) {}

Result<v1::DescribeCallerResponse> Admin::Describe(std::string_view credential) const {
  const Result<Caller> caller = identify_(credential);
  if (!caller) return caller.error();
  if (Status may = MayRead(*caller); !may) return std::move(may).error();
  v1::DescribeCallerResponse response;
  response.set_key_id(caller->actor);
  response.set_tenant(caller->tenant);
  return response;
}

Task<Status> Admin::Call(std::string_view name, const Message& request, Message& response, std::string_view credential) {
  const auto* method = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& one) { return one.name == name; });
  if (method == kMethods.end()) co_return Error{Code::kUnimplemented, "there is no such method"};
  auto call = probe_.Begin(Rpc::kAdmin);
  const Result<Caller> caller = identify_(credential);
  if (!caller) co_return call.Ends(Status(caller.error()));
  auto start = [&](std::function<void(Status)> done) {
    const bool posted = clerk_.Post([&, done] {
      Status status = method->call(desk_, request, response, *caller);
      if (status && method->changes) changed_();
      done(std::move(status));
    });
    if (!posted) done(Error{Code::kResourceExhausted, "too many administrative calls wait", "", std::chrono::seconds(1)});
  };
  FromThread<Status, decltype(start)> answer(start);
  Status status = co_await answer;
  co_return call.Ends(std::move(status));
}

}  // namespace wayleave::auth

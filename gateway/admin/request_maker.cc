#include "gateway/admin/request_maker.h"

#include <algorithm>
#include <string>

#include "base/http/request.h"
#include "gateway/admin/fields.h"
#include "gateway/admin/json_reader.h"
#include "gateway/admin/query.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Message;

Status FillBody(const AdminBody& body, std::string_view text, Message& request) {
  if (body.none()) {
    if (text.empty()) return {};
    return Error{Code::kInvalidArgument, "This operation takes no body.", "invalid_request", {}};
  }
  if (text.empty() && !body.required) return {};
  if (body.field.empty()) return ReadAdminJson(text, request, body.all(), body.needed());
  const FieldPlace place = PlaceOf(request, body.field);
  return ReadAdminJson(text, *place.message.GetReflection()->MutableMessage(&place.message, &place.field));
}

// What the path says must not be denied by the body.
Status FillPath(const AdminTarget& target, Message& request) {
  for (const AdminParameter& parameter : target.route->in_path) {
    if (parameter.field.empty()) continue;
    const FieldPlace place = PlaceOf(request, parameter.field);
    const std::string& value = target.arguments.at(parameter.name);
    const std::string said = place.message.GetReflection()->GetString(place.message, &place.field);
    if (!said.empty() && said != value)
      return BadAdminField(parameter.name, "is another one in the body than in the path; leave it out of the body.");
    if (Status status = SetFromText(place, parameter.name, value); !status) return status;
  }
  return {};
}

Error UnknownParameter(const AdminRoute& route, std::string_view name) {
  std::string known;
  for (const AdminParameter& one : route.in_query) known.append(known.empty() ? "" : ", ").append(one.name);
  const std::string shown = http::CleanValue(name.substr(0, 80));
  return BadAdminField("The query parameter " + shown,
                       known.empty() ? "is not known here; this operation takes none."
                                     : "is not known here; there are " + known + ".");
}

Status FillQuery(const AdminRoute& route, std::string_view query, Message& request) {
  const auto pairs = ParseAdminQuery(query);
  if (!pairs) return pairs.error();
  for (const auto& [name, value] : *pairs) {
    const auto known = std::find_if(route.in_query.begin(), route.in_query.end(),
                                    [&wanted = name](const AdminParameter& one) { return one.name == wanted; });
    if (known == route.in_query.end()) return UnknownParameter(route, name);
    if (Status status = SetFromText(PlaceOf(request, known->field), name, value); !status) return status;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Message>> MakeAdminRequest(const AdminTarget& target, std::string_view query,
                                                  std::string_view body) {
  const AdminRoute& route = *target.route;
  std::unique_ptr<Message> request(AdminRequestOf(route).New());
  if (Status status = FillBody(route.body, body, *request); !status) return status.error();
  if (Status status = FillPath(target, *request); !status) return status.error();
  if (Status status = FillQuery(route, query, *request); !status) return status.error();
  if (!route.sets.empty()) {
    const FieldPlace place = PlaceOf(*request, route.sets);
    place.message.GetReflection()->SetBool(&place.message, &place.field, true);
  }
  return request;
}

}  // namespace wayleave::gateway

#include "deploy/admin_desk.h"

#include "deploy/admin_options.h"
#include "deploy/remote_server.h"
#include "gateway/admin/request_writer.h"

namespace wayleave::deploy {
namespace {

using google::protobuf::Message;

// On the store itself, in the name of the machine's user.
class DeskHere : public AdminDesk {
 public:
  explicit DeskHere(std::unique_ptr<auth::LocalDesk> desk) : desk_(std::move(desk)) {}

#define WAYLEAVE_DESK_METHOD(NAME)                                                         \
  Result<auth::v1::NAME##Response> NAME(const auth::v1::NAME##Request& request) override { \
    return desk_->desk().NAME(request, desk_->caller());                                   \
  }
  WAYLEAVE_ADMIN_METHODS(WAYLEAVE_DESK_METHOD)
#undef WAYLEAVE_DESK_METHOD

 private:
  const std::unique_ptr<auth::LocalDesk> desk_;
};

// All that callers ask of it: whether the command was wrong.
Code CodeOf(int status) { return status == 400 || status == 413 ? Code::kInvalidArgument : Code::kUnknown; }

// Over HTTP, by a running gateway.
class DeskThere : public AdminDesk {
 public:
  explicit DeskThere(std::unique_ptr<RemoteServer> server) : server_(std::move(server)) {}

#define WAYLEAVE_DESK_METHOD(NAME)                                                           \
  Result<auth::v1::NAME##Response> NAME(const auth::v1::NAME##Request& request) override {   \
    auth::v1::NAME##Response response;                                                       \
    if (Status done = Call(#NAME, request, response); !done) return std::move(done).error(); \
    return response;                                                                         \
  }
  WAYLEAVE_ADMIN_METHODS(WAYLEAVE_DESK_METHOD)
#undef WAYLEAVE_DESK_METHOD

 private:
  Status Call(const char* method, const Message& request, Message& response) {
    const gateway::AdminHttpRequest wanted = gateway::WriteAdminRequest(method, request);
    const auto answer = server_->Ask(wanted.route->method, wanted.target, wanted.body);
    if (!answer) return answer.error();
    if (answer->status == wanted.route->status) return gateway::ReadAdminAnswer(*wanted.route, answer->body, response);
    const std::string words = MessageInBody(answer->body);
    return Error{CodeOf(answer->status), words.empty() ? NotAGateway(answer->status) : words, {}, {}};
  }

  const std::unique_ptr<RemoteServer> server_;
};

}  // namespace

void AddDeskOptions(CLI::App& verb, DeskPlace& place) {
  AddPlaceOptions(verb, place);
  verb.add_option("--url", place.url,
                  "The admin port of a running gateway, which does it instead: http://127.0.0.1:9787");
  verb.add_option("--key-file", place.key_file, "With --url: a file with the key; without it: WAYLEAVE_ADMIN_KEY");
}

Result<std::unique_ptr<AdminDesk>> OpenAdminDesk(const DeskPlace& place) {
  if (!place.url.empty()) {
    auto server = AdminServerAt(place.url, place.key_file);
    if (!server) return std::move(server).error();
    return std::unique_ptr<AdminDesk>(std::make_unique<DeskThere>(*std::move(server)));
  }
  if (!place.key_file.empty()) return Error{Code::kInvalidArgument, "--key-file needs --url"};
  auto desk = OpenDesk(place);
  if (!desk) return std::move(desk).error();
  return std::unique_ptr<AdminDesk>(std::make_unique<DeskHere>(*std::move(desk)));
}

}  // namespace wayleave::deploy

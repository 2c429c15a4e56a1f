#include "deploy/top_command.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "deploy/admin_options.h"
#include "deploy/remote_server.h"
#include "deploy/terminal.h"
#include "deploy/top_view.h"
#include "gateway/admin/json_writer.h"

namespace wayleave::deploy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRefresh{1000};
constexpr TopSize kPage{100, 1000};  // of one frame that goes to a file

struct Options {
  std::string url = "http://127.0.0.1:9787";
  std::string key_file;
  bool once = false;
  bool json = false;
};

// Members that a newer gateway has are passed over.
template <class Message>
Status Read(RemoteServer& server, const char* path, Message& into) {
  const Result<std::string> text = server.Get(path);
  if (!text) return text.error();
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  into.Clear();
  if (google::protobuf::util::JsonStringToMessage(*text, &into, options).ok()) return {};
  return Error{Code::kUnknown, "the answer is not one of a gateway: is --url the address of its admin port?"};
}

Status Fetch(RemoteServer& server, TopView& view) {
  if (Status live = Read(server, "/admin/v1/live", view.live); !live) return live;
  return Read(server, "/admin/v1/health", view.health);
}

// What was fetched before stays on the screen, with the reason why it is old.
void Refresh(RemoteServer& server, TopView& view) {
  TopView next;
  const Status fetched = Fetch(server, next);
  if (fetched) view = std::move(next);
  if (!fetched) view.trouble = fetched.error().message;
}

std::string AsJson(const TopView& view) {
  nlohmann::ordered_json json;
  json["live"] = gateway::WriteAdminJson(view.live);
  json["health"] = gateway::WriteAdminJson(view.health);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int PrintOnce(RemoteServer& server, bool json) {
  TopView view;
  if (Status fetched = Fetch(server, view); !fetched) return Fail(fetched.error());
  fmt::print("{}", json ? AsJson(view) : TopFrame(view, kPage, false));
  return 0;
}

int Watch(const Options& options) {
  Terminal::BlockSignals();
  const auto server = AdminServerAt(options.url, options.key_file);
  if (!server) return Fail(server.error());
  Terminal terminal;
  TopView view;
  auto event = Terminal::Event::kTime;
  auto next = Clock::now();
  while (event != Terminal::Event::kQuit) {
    if (Clock::now() >= next) {
      Refresh(**server, view);
      next = Clock::now() + kRefresh;
    }
    terminal.Show(TopFrame(view, terminal.size(), true));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    event = terminal.Wait(std::max(left, std::chrono::milliseconds(0)));
  }
  return 0;
}

int Top(const Options& options) {
  if (!options.once && !options.json && Terminal::Usable()) return Watch(options);
  const auto server = AdminServerAt(options.url, options.key_file);
  return server ? PrintOnce(**server, options.json) : Fail(server.error());
}

}  // namespace

void AddTopCommand(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = command.add_subcommand("top", "Watch a running gateway: requests, rates, tenants, targets, cost");
  verb->add_option("--url", options->url, "The gateway's admin port")->capture_default_str();
  verb->add_option("--key-file", options->key_file, "A file with the key; without it: WAYLEAVE_ADMIN_KEY");
  verb->add_flag("--once", options->once, "Print one frame as text");
  verb->add_flag("--json", options->json, "Print one frame as JSON");
  verb->callback([options, &exit_code] { exit_code = Top(*options); });
}

}  // namespace wayleave::deploy

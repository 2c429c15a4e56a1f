#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "auth-service/admin/methods.h"
#include "base/app/program.h"
#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::deploy {

// auth.v1.AdminService for the verbs of the command line. Calls block; one thread.
class AdminDesk {
 public:
  virtual ~AdminDesk() = default;

#define WAYLEAVE_DESK_METHOD(NAME) \
  virtual Result<auth::v1::NAME##Response> NAME(const auth::v1::NAME##Request& request) = 0;
  WAYLEAVE_ADMIN_METHODS(WAYLEAVE_DESK_METHOD)
#undef WAYLEAVE_DESK_METHOD
};

// Where administration is done: on the store that the configuration names, or, with a URL, by the gateway there, in the
// name of a key.
struct DeskPlace : app::Flags {
  std::string url;
  std::string key_file;
};

// --config, --state-dir, --url and --key-file, into a place that must live as long as `verb`.
void AddDeskOptions(CLI::App& verb, DeskPlace& place);

// Throws config::ConfigError for a bad file.
Result<std::unique_ptr<AdminDesk>> OpenAdminDesk(const DeskPlace& place);

}  // namespace wayleave::deploy

#include "base/app/common.h"

#include "base/net/tls_config.h"

namespace wayleave::app {
namespace {

void ReadShutdown(config::Section section, Common& common) {
  section.Read("lame_duck", common.lame_duck);
  section.Read("grace", common.grace);
  section.Done();
  if (common.lame_duck.count() < 0) section.Fail("lame_duck", "must not be negative");
  if (common.grace.count() < 0) section.Fail("grace", "must not be negative");
}

}  // namespace

Common ReadCommon(config::Section& root) {
  Common common;
  common.grpc = rpc::ReadPeerConfig(root);
  config::Section admin_tls = root.Child("admin_tls");
  if (root.Has("admin_tls")) common.admin_tls = net::ReadTlsServer(std::move(admin_tls));
  root.Read("reuse_port", common.reuse_port);
  ReadShutdown(root.Child("shutdown"), common);
  return common;
}

}  // namespace wayleave::app

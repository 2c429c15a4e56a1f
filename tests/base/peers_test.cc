#include "base/rpc/peers.h"

#include <gmock/gmock.h>

#include "base/app/common.h"

namespace wayleave {
namespace {

using config::ConfigError;
using config::Document;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

app::Common Read(const std::string& yaml) {
  config::Section root = Document::Parse(yaml);
  const app::Common common = app::ReadCommon(root);
  root.Done();
  return common;
}

TEST(Common, HasDefaults) {
  const app::Common common = Read("");

  EXPECT_FALSE(common.grpc.tls);
  EXPECT_FALSE(common.admin_tls);
  EXPECT_FALSE(common.reuse_port);
  EXPECT_EQ(common.grpc.max_connection_age, std::chrono::minutes(5));
  EXPECT_EQ(common.lame_duck, milliseconds(500));
  EXPECT_EQ(common.grace, milliseconds(30000));
}

TEST(Common, ReadsAllThatIsSaid) {
  const app::Common common = Read(R"(
grpc:
  max_connection_age: 1h
  tls: {certificate: a.pem, key: a.key, ca: ca.pem, client_ca: clients.pem, server_name: services.test}
admin_tls: {certificate: b.pem, key: b.key}
reuse_port: true
shutdown: {lame_duck: 2s, grace: 10m}
)");

  ASSERT_TRUE(common.grpc.tls);
  EXPECT_EQ(common.grpc.tls->server_name, "services.test");
  EXPECT_EQ(common.grpc.max_connection_age, std::chrono::hours(1));
  ASSERT_TRUE(common.admin_tls);
  EXPECT_EQ(common.admin_tls->certificate, "b.pem");
  EXPECT_TRUE(common.reuse_port);
  EXPECT_EQ(common.lame_duck, milliseconds(2000));
  EXPECT_EQ(common.grace, std::chrono::minutes(10));
}

struct Mistake {
  const char* yaml;
  const char* told;
};

TEST(Common, NamesMistakes) {
  for (const auto& [yaml, told] : {
           Mistake{"grpc: {tls: {key: a.key}}", "grpc.tls: certificate is missing"},
           Mistake{"grpc: {tls: {certificate: a.pem}}", "grpc.tls: key is missing"},
           Mistake{"grpc: {tls: {certificate: a, key: b, cert: c}}", "cert"},
           Mistake{"grpc: {max_connection_age: 10ms}", "at least 1s"},
           Mistake{"shutdown: {grace: -1s}", "grace"},
           Mistake{"admin_tls: {certificate: a, key: b, client_certificates: required}", "needs client_ca"},
       }) {
    const auto read = [text = yaml] { Read(text); };
    EXPECT_THAT(read, ThrowsMessage<ConfigError>(HasSubstr(told))) << yaml;
  }
}

TEST(PeerTls, CallersNeedCertificatesWhereSomebodyVouchesForThem) {
  rpc::PeerTls tls{"a.pem", "a.key", "ca.pem", "", ""};
  EXPECT_EQ(tls.ForServer().client_certificates, net::ClientCertificates::kNone);

  tls.client_ca = "clients.pem";

  EXPECT_EQ(tls.ForServer().client_certificates, net::ClientCertificates::kRequired);
  EXPECT_EQ(tls.ForServer().client_ca, "clients.pem");
}

}  // namespace
}  // namespace wayleave

#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace wayleave::gateway {

// JSON schemas (2020-12, as OpenAPI 3.1 has them) of the messages that WriteAdminJson writes. Belongs to one thread.
class AdminSchemas {
 public:
  // The schema of a message: a reference to a component, which is made if it was not there.
  nlohmann::ordered_json Of(const google::protobuf::Descriptor& type);
  nlohmann::ordered_json Of(const google::protobuf::FieldDescriptor& field);
  // All that were referred to, in the order of their names.
  nlohmann::ordered_json Components() const;

 private:
  nlohmann::ordered_json OfOne(const google::protobuf::FieldDescriptor& field);
  nlohmann::ordered_json Of(const google::protobuf::EnumDescriptor& type);

  std::map<std::string, nlohmann::ordered_json> components_;
};

}  // namespace wayleave::gateway

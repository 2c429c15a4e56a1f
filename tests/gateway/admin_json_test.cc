#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <sstream>

#include "gateway/admin/fields.h"
#include "gateway/admin/json_reader.h"
#include "gateway/admin/json_writer.h"
#include "gateway/admin/openapi.h"
#include "gateway/admin/routes.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;
using Json = nlohmann::json;

// Fills messages with values of every kind, the extreme ones among them.
class RandomMessages {
 public:
  void Fill(Message& message, int levels = 4) {
    const Descriptor& type = *message.GetDescriptor();
    if (IsTime(type) || IsDuration(type)) return FillTime(message);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (levels == 0 && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const int count = field.is_repeated() ? Below(3) : Below(2);
      for (int n = 0; n < count; ++n) Set(message, field, levels);
    }
  }

 private:
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::string Text() {
    static const std::vector<std::string> all = {"", "a", "ä€😀", "\"\\/\n\t\x01", "'; DROP TABLE", "</script>", "\x7f"};
    return all[Below(static_cast<int>(all.size()))];
  }

  std::int64_t Whole() {
    static const std::vector<std::int64_t> all = {
        0, 1, -1, 9007199254740993, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    return all[Below(static_cast<int>(all.size()))];
  }

  void FillTime(Message& message) {
    const std::string text = IsTime(*message.GetDescriptor()) ? "2026-11-25T20:33:21.000000007Z" : "3600.5s";
    ASSERT_TRUE(SetTime(message, "time", text));
  }

  void SetText(Message& message, const FieldDescriptor& field) {
    const Reflection& of = *message.GetReflection();
    const std::string text = field.type() == FieldDescriptor::TYPE_BYTES ? std::string("\0\xff", 2) : Text();
    field.is_repeated() ? of.AddString(&message, &field, text) : of.SetString(&message, &field, text);
  }

  void SetMessage(Message& message, const FieldDescriptor& field, int levels) {
    const Reflection& of = *message.GetReflection();
    if (field.is_map()) {
      Message& entry = *of.AddMessage(&message, &field);
      const Descriptor& type = *entry.GetDescriptor();
      entry.GetReflection()->SetString(&entry, type.map_key(), "name " + std::to_string(++names_));
      entry.GetReflection()->SetString(&entry, type.map_value(), Text());
      return;
    }
    Fill(field.is_repeated() ? *of.AddMessage(&message, &field) : *of.MutableMessage(&message, &field), levels - 1);
  }

  void Set(Message& message, const FieldDescriptor& field, int levels) {
    const Reflection& of = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return SetText(message, field);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return SetMessage(message, field, levels);
      case FieldDescriptor::CPPTYPE_INT32:
        return of.SetInt32(&message, &field, static_cast<std::int32_t>(Whole()));
      case FieldDescriptor::CPPTYPE_INT64:
        return of.SetInt64(&message, &field, Whole());
      case FieldDescriptor::CPPTYPE_BOOL:
        return of.SetBool(&message, &field, true);
      case FieldDescriptor::CPPTYPE_ENUM:
        return of.SetEnumValue(&message, &field, Below(3));
      default:
        ADD_FAILURE() << field.full_name() << " is of a kind that nothing is filled with";
    }
  }

  std::mt19937 random_{7};
  int names_ = 0;
};

TEST(AdminJson, IsProtobufsJsonButForTheNumbers) {
  RandomMessages random;
  for (const AdminRoute& route : AdminRoutes()) {
    if (route.rpc.empty()) continue;
    for (int i = 0; i < 50; ++i) {
      const std::unique_ptr<Message> message(AdminResponseOf(route).New());
      random.Fill(*message);

      const std::string written = WriteAdminJson(*message).dump();

      const std::unique_ptr<Message> read(message->New());
      const auto status = google::protobuf::util::JsonStringToMessage(written, read.get());
      ASSERT_TRUE(status.ok()) << route.id << " " << status.ToString() << " " << written;
      EXPECT_TRUE(MessageDifferencer::Equals(*message, *read)) << written;
    }
  }
}

TEST(AdminJson, ReadsWhatItWritesAndWhatProtobufWrites) {
  RandomMessages random;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  for (const Message* type : std::initializer_list<const Message*>{
           &auth::v1::Key::default_instance(), &auth::v1::Tenant::default_instance(),
           &auth::v1::User::default_instance(), &auth::v1::RotateKeyRequest::default_instance()}) {
    for (int i = 0; i < 200; ++i) {
      const std::unique_ptr<Message> message(type->New());
      random.Fill(*message);
      std::string theirs;
      ASSERT_TRUE(google::protobuf::util::MessageToJsonString(*message, &theirs, options).ok());

      for (const std::string& text : {theirs, WriteAdminJson(*message).dump()}) {
        const std::unique_ptr<Message> read(message->New());
        const Status status = ReadAdminJson(text, *read);
        ASSERT_TRUE(status) << status.error().message << " in " << text;
        EXPECT_TRUE(MessageDifferencer::Equals(*message, *read)) << text;
      }
    }
  }
}

TEST(AdminJson, WritesNumbersAsNumbersAndLeavesOutWhatCanBeAbsent) {
  auth::v1::UsageSum sum;
  sum.set_cost_nano_usd(9007199254740993);
  EXPECT_EQ(WriteAdminJson(sum).dump(),
            R"({"group":[],"requests":0,"failed":0,"input_tokens":0,"cached_input_tokens":0,"output_tokens":0,)"
            R"("reasoning_tokens":0,"cost_nano_usd":9007199254740993})");

  auth::v1::Budget budget;
  EXPECT_EQ(WriteAdminJson(budget).dump(), "{}");
  budget.set_hard_nano_usd(0);
  EXPECT_EQ(WriteAdminJson(budget).dump(), R"({"hard_nano_usd":0})");
}

TEST(AdminJson, WritesEnumsAsNamesAndUnknownOnesAsNumbers) {
  auth::v1::Settlement settlement;
  settlement.set_outcome(auth::v1::OUTCOME_COMPLETED);
  EXPECT_EQ(WriteAdminJson(settlement)["outcome"], "OUTCOME_COMPLETED");
  settlement.set_outcome(static_cast<auth::v1::Outcome>(99));
  EXPECT_EQ(WriteAdminJson(settlement)["outcome"], 99);
}

TEST(AdminJson, TakesWholeNumbersInEveryExactSpelling) {
  for (const char* spelled : {"5000000000", "\"5000000000\"", "5e9", "5000000000.0"}) {
    auth::v1::Budget budget;
    ASSERT_TRUE(ReadAdminJson("{\"hard_nano_usd\":" + std::string(spelled) + "}", budget)) << spelled;
    EXPECT_EQ(budget.hard_nano_usd(), 5'000'000'000) << spelled;
  }
  auth::v1::Budget budget;
  EXPECT_TRUE(ReadAdminJson(R"({"hard_nano_usd":9223372036854775807})", budget));
  EXPECT_EQ(budget.hard_nano_usd(), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(ReadAdminJson(R"({"hard_nano_usd":9007199254740994.0})", budget));
}

// Every field of the table exists and is of a kind that can be set; so does every field that a body can name.
TEST(AdminRoutes, NameFieldsThatAreThere) {
  for (const AdminRoute& route : AdminRoutes()) {
    if (route.rpc.empty()) continue;
    SCOPED_TRACE(std::string(route.id));
    const std::unique_ptr<Message> request(AdminRequestOf(route).New());
    for (const auto* parameters : {&route.in_path, &route.in_query}) {
      for (const AdminParameter& parameter : *parameters) {
        if (parameter.field.empty()) continue;
        const FieldPlace place = PlaceOf(*request, parameter.field);
        ASSERT_TRUE(parameter.field.ends_with(place.field.name())) << parameter.field;
        const bool time = place.field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
        EXPECT_TRUE(SetFromText(place, "it", time ? "2026-01-01T00:00:00Z" : "1")) << parameter.field;
      }
    }
    for (const std::string_view member : route.body.members) {
      EXPECT_NE(request->GetDescriptor()->FindFieldByName(std::string(member)), nullptr) << member;
    }
    if (!route.answer.empty()) {
      EXPECT_NE(AdminResponseOf(route).GetDescriptor()->FindFieldByName(std::string(route.answer)), nullptr);
    }
  }
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Written anew with WAYLEAVE_WRITE_GOLDEN=1 in the environment.
TEST(AdminOpenApi, IsTheFileInTheDocumentation) {
  const std::string path = std::string(WAYLEAVE_SOURCE_DIR) + "/docs/admin-openapi.json";
  if (std::getenv("WAYLEAVE_WRITE_GOLDEN")) std::ofstream(path, std::ios::binary) << AdminOpenApi();

  EXPECT_EQ(ReadFile(path), AdminOpenApi());
}

void VisitReferences(const Json& json, const std::function<void(const std::string&)>& visit) {
  if (json.is_object() && json.contains("$ref") && json["$ref"].is_string()) visit(json["$ref"].get<std::string>());
  for (const auto& [name, value] : json.items()) {
    if (value.is_structured()) VisitReferences(value, visit);
  }
}

TEST(AdminOpenApi, HoldsEveryOperationAndEverythingThatItRefersTo) {
  const Json document = Json::parse(AdminOpenApi());

  for (const AdminRoute& route : AdminRoutes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const Json& operation = document.at("paths").at(std::string(route.path)).at(method);
    EXPECT_EQ(operation.at("operationId"), route.id);
    EXPECT_TRUE(operation.at("responses").contains(std::to_string(route.status))) << route.id;
    EXPECT_EQ(operation.contains("requestBody"), !route.body.none()) << route.id;
  }
  int references = 0;
  VisitReferences(document, [&](const std::string& reference) {
    ++references;
    EXPECT_TRUE(document.contains(Json::json_pointer(reference.substr(1)))) << reference;
  });
  EXPECT_GT(references, 40);
}

}  // namespace
}  // namespace wayleave::gateway

// Requests that take a place in a limit of requests at a time: the place is free before the client sees the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Eventually;
using testing::RawClient;
using testing::RawReply;

const std::string kWords = "data: words\n\n";
const std::string kLast = "data: last\n\n";

struct PlaceCase {
  const char* name;
  Script script;
  bool stream;
  const char* end;  // what the client must not have yet

  friend void PrintTo(const PlaceCase& test, std::ostream* out) { *out << test.name; }
};

class PlacesTest : public GatewayTest {
 protected:
  PlacesTest() { auth_.places = 1; }

  // One request; what its client had when its place came free is in `before`.
  RawReply AskAndPeek(const std::string& request) {
    RawClient client(port_);
    auth_.on_vacate = [&] { before = client.Peek(); };
    client.Send(request);
    EXPECT_TRUE(Eventually([&] { return !auth_.vacated().empty(); }));
    return client.Read();
  }
  std::string Reservation() { return auth_.reserved().at(0).reservation_id(); }

  std::string before;
};

class PlaceEndTest : public PlacesTest, public ::testing::WithParamInterface<PlaceCase> {};

TEST_P(PlaceEndTest, ThePlaceIsFreeBeforeTheClientSeesTheEnd) {
  provider_.Then(GetParam().script);
  Start();

  const RawReply reply = AskAndPeek(Responses(GetParam().stream));

  EXPECT_TRUE(reply.whole);
  EXPECT_THAT(reply.head + reply.body, HasSubstr(GetParam().end));
  EXPECT_THAT(before, Not(HasSubstr(GetParam().end)));
  EXPECT_THAT(auth_.vacated(), ElementsAre(Reservation()));
  EXPECT_EQ(Settled().size(), 1u);
  EXPECT_THAT(auth_.vacated(), ElementsAre(Reservation())) << "once";
}

INSTANTIATE_TEST_SUITE_P(
    All, PlaceEndTest,
    ::testing::Values(
        PlaceCase{"Stream", Script::Answers(kWords).Data(kLast).End(), true, "data: last"},
        PlaceCase{"Document", Script::Answers("{", "application/json").Data("}").End(), false, "HTTP/1.1 200"},
        PlaceCase{"Refused", Script::Fails(400, "bad", false), true, "HTTP/1.1 400"},
        PlaceCase{"StreamThatBreaksOff", Script::Answers(kWords).Dies(Code::kUnavailable), true, "response.failed"},
        PlaceCase{"DocumentThatBreaksOff", Script::Answers("{", "application/json").Dies(Code::kUnavailable), false,
                  "HTTP/1.1 50"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(PlacesTest, WhoLeavesTakesNone) {
  provider_.Then(Script::Answers(kWords).Stall());
  Start();
  {
    RawClient client(port_);
    client.Send(Responses(true));
    ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));
    EXPECT_THAT(auth_.vacated(), IsEmpty()) << "in the middle";
  }

  EXPECT_TRUE(Eventually([&] { return !auth_.vacated().empty(); }));
  EXPECT_THAT(auth_.vacated(), ElementsAre(Reservation()));
}

TEST_F(PlacesTest, WhoHasNoneNeedsNoCall) {
  auth_.places = 0;
  Start();

  EXPECT_EQ(Ask(Responses(true)).status, 200);

  EXPECT_EQ(Settled().size(), 1u);
  EXPECT_THAT(auth_.vacated(), IsEmpty());
}

TEST_F(PlacesTest, TheAnswerEndsAlsoIfAuthServiceDoesNotHearOfIt) {
  auth_.vacate_refusal = Error{Code::kUnavailable, "the service is away", {}, {}};
  provider_.Then(Script::Answers(kWords).Data(kLast).End());
  Start();

  EXPECT_EQ(Ask(Responses(true)).body, kWords + kLast);
}

}  // namespace
}  // namespace wayleave::gateway

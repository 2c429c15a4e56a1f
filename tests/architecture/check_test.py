#!/usr/bin/env python3
"""Plants faults and expects check.py to find them: a check that can't fail protects nothing."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent

GOOD = {
    "base/async/worker.h": "#include <boost/asio/io_context.hpp>\n",
    "base/rpc/server.cc": "#include <grpcpp/server.h>\n",
    "base/rpc/context.h": "#include <string>\n",
    "base/http/client.h": "",
    "base/result.h": "",
    "auth-service/core.h": '#include "base/async/worker.h"\n#include "wayleave/auth/v1/auth.pb.h"\n',
    "auth-service/CMakeLists.txt": "wayleave_library(wayleave_auth LIBS wayleave_rpc)\n",
    "router-service/core.h": '#include "base/async/worker.h"\n',
    "router-service/snapshot.h": '#include "base/result.h"\n',
    "router-service/rules/rule.h": '#include "router-service/snapshot.h"\n#include "base/rpc/context.h"\n',
    "provider-service/dialect/chat.cc": '#include "base/result.h"\n',
    "gateway/errors.h": '#include "base/result.h"\n',
    "deploy/serve.cc": '#include "auth-service/core.h"\n#include "router-service/core.h"\n',
    "tests/all_test.cc": '#include <grpcpp/server.h>\n#include "auth-service/core.h"\n',
    "proto/wayleave/auth/v1/auth.proto":
        "package wayleave.auth.v1;\n// A.\nservice A {\n  // D.\n  rpc Do(DoRequest) returns (stream DoResponse);\n}\n"
        "// R.\nmessage DoRequest {\n  // F.\n  map<string, string> f = 1;\n}\n// R.\nmessage DoResponse {}\n"
        "// E.\nenum E {\n  // Z.\n  E_UNSPECIFIED = 0;\n}\n",
}


def run_on(files):
    """Exit code and output of check.py on a checkout of these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", HERE / "check.py", folder],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Check(unittest.TestCase):
    def expect_fault(self, name, text, message):
        code, output = run_on({**GOOD, name: text})
        self.assertEqual(code, 1, output)
        self.assertIn(message, output)

    def test_accepts_a_tree_in_order(self):
        code, output = run_on(GOOD)
        self.assertEqual(code, 0, output)

    def test_refuses_to_check_nothing(self):
        self.assertEqual(run_on({"README.md": ""})[0], 1)

    def test_finds_a_service_that_includes_another(self):
        self.expect_fault("router-service/bad.cc", '\n#include "auth-service/core.h"\n',
                          "router-service/bad.cc:2: router-service must not include auth-service/core.h")
        self.expect_fault("gateway/bad.h", '  #  include "provider-service/dialect/chat.cc"\n',
                          "gateway/bad.h:1: gateway must not include provider-service/dialect/chat.cc")
        self.expect_fault("auth-service/bad.h", "#include <gateway/errors.h>\n",
                          "auth-service must not include gateway/errors.h")

    def test_finds_base_that_includes_a_service_or_a_contract(self):
        self.expect_fault("base/bad.h", '#include "gateway/errors.h"\n', "base must not include gateway/errors.h")
        self.expect_fault("base/bad.h", '#include "wayleave/auth/v1/auth.pb.h"\n', "base must not include wayleave/")

    def test_finds_a_service_that_includes_what_unites_them(self):
        code, output = run_on({**GOOD, "deploy/serve.h": "", "gateway/bad.cc": '#include "deploy/serve.h"\n'})
        self.assertEqual(code, 1)
        self.assertIn("gateway must not include deploy/serve.h", output)

    def test_finds_grpc_outside_its_place(self):
        self.expect_fault("auth-service/bad.cc", "#include <grpcpp/server.h>\n", "only base/rpc/ knows gRPC")
        self.expect_fault("base/http/bad.cc", "#include <grpc/grpc.h>\n", "only base/rpc/ knows gRPC")
        self.expect_fault("deploy/bad.cc", "#include <grpc++/grpc++.h>\n", "only base/rpc/ knows gRPC")

    def test_finds_a_network_header_in_a_file_that_decides(self):
        for header in ["<boost/asio.hpp>", "<boost/beast/http.hpp>", '"base/http/client.h"', "<sys/socket.h>"]:
            for name in ["provider-service/adapters/bad.cc", "provider-service/dialect/bad.h",
                         "router-service/rules/bad.cc", "router-service/decide.cc", "gateway/envelope.cc"]:
                self.expect_fault(name, f"#include {header}\n", f"{name}:1: decides, so it must not see the network")

    def test_finds_a_network_header_behind_another_header(self):
        self.expect_fault("router-service/snapshot.h", '#include "router-service/core.h"\n',
                          "router-service/rules/rule.h:1: decides, so it must not see the network: "
                          "router-service/snapshot.h -> router-service/core.h -> base/async/worker.h -> "
                          "boost/asio/io_context.hpp")

    def test_finds_includes_that_are_not_written_from_the_root(self):
        self.expect_fault("auth-service/bad.cc", '#include "core.h"\n', '"core.h" is no header of ours')
        self.expect_fault("auth-service/bad.cc", '#include "../base/result.h"\n', "is no header of ours")

    def test_finds_a_service_that_links_another(self):
        self.expect_fault("router-service/CMakeLists.txt", "wayleave_library(wayleave_router\n  LIBS wayleave_auth)\n",
                          "router-service/CMakeLists.txt:2: router-service must not link wayleave_auth")
        self.expect_fault("base/CMakeLists.txt", "target_link_libraries(x wayleave_dialect)\n",
                          "base must not link wayleave_dialect")

    def test_finds_missing_comments_in_contracts(self):
        name = "proto/wayleave/auth/v1/auth.proto"
        for line, what in [("// A.\n", "A"), ("  // D.\n", "Do"), ("  // F.\n", "f"), ("// E.\n", "E"),
                           ("  // Z.\n", "E_UNSPECIFIED"), ("// R.\n", "DoRequest")]:
            self.expect_fault(name, GOOD[name].replace(line, "", 1), f"{what} has no comment")
        self.expect_fault(name, GOOD[name].replace("rpc Do(DoRequest)", "rpc Do(Other)"), "Do needs a DoRequest")
        self.expect_fault(name, GOOD[name].replace("auth.v1;", "auth.v2;"), "the package must be wayleave.auth.v1")

    def test_finds_places_on_one_machine(self):
        # Split, so that the check does not find this file.
        for place in ["/home/" + "ann/x", "/Use" + "rs/ann/x", "/wo" + "rk/main", "../sha" + "red/tools",
                      "/ro" + "ot/x"]:
            self.expect_fault("docs/bad.md", f"\nsee {place}\n", "docs/bad.md:2: names a place on one machine")
        code, output = run_on({**GOOD, "docs/good.md": "https://example.com/home/ann/x and ~/src/x and $HOME/x\n"})
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()

using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.TestKit;
using PatchContainers.TestKit.ApiDescriptions;
using PatchContainers.TestKit.Http;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

/// <summary>
/// Anchore's API over real HTTP: Engine's (v1) or Enterprise's (v2). It behaves as Engine's source does, and each of its answers, and each
/// request that it gets, is held against the API's description where that is there.
/// </summary>
internal sealed class AnchoreFake : IAsyncDisposable
{
    private readonly Dictionary<string, FakeImage> _images = [];
    private StubServer _server = null!;

    private AnchoreFake(string api)
    {
        Api = api;
        Watch = new ApiWatch(Describe(api), $"/{api}");
    }

    public string Api { get; }

    public bool IsV2 => Api == "v2";

    public string Url => _server.Url;

    public ApiWatch Watch { get; }

    /// <summary>What its answers are in place of its own, where it is not null.</summary>
    public Func<StubRequest, StubAnswer?> Instead { get; set; } = _ => null;

    /// <summary>How the analysis of what is submitted goes, a state for each time that it is asked for.</summary>
    public string[] Progress { get; set; } = ["not_analyzed", "analyzing", "analyzed"];

    /// <summary>The accounts that the user may work in besides their own.</summary>
    public string[] Accounts { get; set; } = [];

    /// <summary>What the registry says when it pulls; null where it can.</summary>
    public string? PullFault { get; set; }

    /// <summary>Whether there is an active policy.</summary>
    public bool HasPolicy { get; set; } = true;

    /// <summary>Rows that the policy's evaluation has besides that of the vulnerability: gate and trigger.</summary>
    public List<(string Gate, string Trigger)> PolicyRows { get; } = [("dockerfile", "effective_user")];

    /// <summary>The vulnerabilities of every image.</summary>
    public List<JsonObject> Rows { get; } =
    [
        Row("CVE-2024-0001", "openssl", "3.0.11-1", "3.0.13-1"), Row("CVE-2024-0002", "zlib1g", "1.2.13", "None", willNotFix: true),
    ];

    /// <summary>The feeds.</summary>
    public JsonArray Feeds { get; set; } = [];

    /// <summary>The targets of all requests, with their methods.</summary>
    public string[] Requests => [.. _server.Requests.Select(r => $"{r.Method} {r.Target}")];

    public IReadOnlyList<StubRequest> All => _server.Requests;

    public static async Task<AnchoreFake> StartAsync(string api)
    {
        var fake = new AnchoreFake(api);
        fake.Feeds = [fake.Feed("vulnerabilities", "2024-05-31T06:00:00Z")];
        var watched = fake.Watch.Watch(fake.Answer);
        fake._server = await StubServer.StartAsync(request => fake.Instead(request) ?? watched(request));
        return fake;
    }

    public JsonObject Feed(string name, string time, int records = 10) => new()
    {
        ["name"] = name,
        ["groups"] = new JsonArray(new JsonObject
        {
            ["name"] = "debian:12", [IsV2 ? "data_service_built_at" : "last_sync"] = time, ["record_count"] = records,
        }),
    };

    /// <summary>An image that is there already.</summary>
    public void Add(string digest, string tag, params string[] progress) =>
        _images[digest] = new FakeImage(progress) { Tags = { tag } };

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>An error as the description has it.</summary>
    public static StubAnswer Error(int status, string message, params string[] codes) => new(status, new JsonObject
    {
        ["code"] = status, ["error_type"] = "Error", ["message"] = message,
        ["detail"] = new JsonObject { ["error_codes"] = new JsonArray([.. codes.Select(c => (JsonNode)c)]) },
    }.ToJsonString());

    private static ApiDescription? Describe(string api)
    {
        var file = ConformanceData.Find("anchore", "swagger", api == "v2" ? "anchore-enterprise-v2.openapi.yaml" : "anchore-engine-external-v1.swagger.yaml");
        var schema = api == "v2" ? "#/components/schemas/ApiErrorResponse" : "#/definitions/ApiErrorResponse";
        return file is null ? null : ApiDescription.Read(file, new ApiDescriptionOptions { ErrorSchema = schema });
    }

    private static JsonObject Row(string id, string package, string version, string fix, bool willNotFix = false) => new()
    {
        ["vuln"] = id, ["severity"] = "High", ["package"] = $"{package}-{version}", ["package_name"] = package, ["package_version"] = version,
        ["package_type"] = "dpkg", ["package_path"] = "pkgdb", ["fix"] = fix, ["will_not_fix"] = willNotFix, ["feed"] = "vulnerabilities",
        ["feed_group"] = "debian:12", ["url"] = $"https://security-tracker.debian.org/tracker/{id}",
    };

    private StubAnswer Answer(StubRequest request)
    {
        var target = request.Target.Split('?', 2);
        var query = target.Skip(1).SelectMany(q => q.Split('&')).Select(q => q.Split('=', 2))
            .ToDictionary(q => Uri.UnescapeDataString(q[0]), q => Uri.UnescapeDataString(q[1]));
        if (!target[0].StartsWith($"/{Api}/", StringComparison.Ordinal))
        {
            return Error(404, "The requested URL was not found on the server");
        }

        var path = target[0][$"/{Api}".Length..];
        if (path == "/version")
        {
            return Json(new JsonObject { ["service"] = new JsonObject { ["version"] = IsV2 ? "5.13.0" : "1.1.0" }, ["api"] = new JsonObject(), ["db"] = new JsonObject { ["schema_version"] = "0.0.16" } });
        }

        var login = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ops:s3cret"));
        if (request.Headers.GetValueOrDefault("Authorization") != login)
        {
            return Error(401, "Unauthorized");
        }

        if (request.Headers.GetValueOrDefault("x-anchore-account") is { } account && !Accounts.Contains(account))
        {
            return Error(403, $"Not authorized. Requires permissions: domain={account}");
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (request.Method, parts) switch
        {
            ("GET", ["system", "feeds"]) => Json(Feeds.DeepClone()),
            ("POST", ["images"]) => Submit(request.Body),
            ("GET", ["images", var digest, ..]) when !_images.ContainsKey(digest) => Error(404, "cannot locate specified image"),
            ("GET", ["images", var digest]) => Image(digest),
            ("GET", ["images", var digest, "vuln", "all"]) => Vulnerabilities(digest, query),
            ("GET", ["images", var digest, "check"]) => Check(digest, query),
            _ => Error(404, "The requested URL was not found on the server"),
        };
    }

    // The image's own states begin when it is submitted; one that failed is begun again.
    private StubAnswer Submit(string body)
    {
        var source = JsonNode.Parse(body)?["source"]?["digest"];
        var (pull, tag) = (source?[IsV2 ? "pull_string" : "pullstring"]?.GetValue<string>(), source?["tag"]?.GetValue<string>());
        if (pull?.Split("@sha256:") is not [var repository, _] || tag?.Split('@') is not [var name] || !name.StartsWith(repository + ":", StringComparison.Ordinal))
        {
            return Error(400, "Must have digest-based pull string");
        }

        if (PullFault is not null)
        {
            return Error(400, "cannot fetch image digest/manifest from registry", PullFault);
        }

        var digest = pull.Split('@')[1];
        if (!_images.TryGetValue(digest, out var image) || image.State is "analysis_failed")
        {
            _images[digest] = image = new FakeImage(Progress);
        }

        image.Tags.Add(tag);
        return Image(digest);
    }

    private StubAnswer Image(string digest)
    {
        var image = _images[digest];
        var said = new JsonObject
        {
            [IsV2 ? "image_digest" : "imageDigest"] = digest,
            ["image_status"] = "active",
            ["analysis_status"] = image.Next(),
            ["created_at"] = "2024-05-31T12:00:00Z",
            ["image_content"] = new JsonObject { ["metadata"] = new JsonObject { ["arch"] = "amd64", ["distro"] = "debian", ["distro_version"] = "12", ["layer_count"] = 1 } },
            ["image_detail"] = new JsonArray([.. image.Tags.Select(t => (JsonNode)new JsonObject { [IsV2 ? "full_tag" : "fulltag"] = t })]),
        };
        return Json(IsV2 ? said : new JsonArray(said));
    }

    private StubAnswer Vulnerabilities(string digest, Dictionary<string, string> query)
    {
        if (_images[digest].State != "analyzed")
        {
            return Error(404, $"image is not analyzed - analysis_status: {_images[digest].State}");
        }

        var hasBase = query.GetValueOrDefault("base_digest") == "auto";
        var rows = Rows.Where(r => query.GetValueOrDefault("vendor_only") == "false" || !r["will_not_fix"]!.GetValue<bool>()).Select((r, i) =>
        {
            var row = r.DeepClone();
            if (hasBase)
            {
                row["inherited_from_base"] = i == 0;
            }

            return (JsonNode?)row;
        });
        var said = new JsonObject { [IsV2 ? "image_digest" : "imageDigest"] = digest, ["vulnerability_type"] = "all", ["vulnerabilities"] = new JsonArray([.. rows]) };
        if (hasBase)
        {
            said["base_digest"] = "sha256:" + new string('b', 64);
        }

        return Json(said);
    }

    private StubAnswer Check(string digest, Dictionary<string, string> query)
    {
        var (tag, policy) = (query["tag"], query.GetValueOrDefault(IsV2 ? "policy_id" : "policyId") ?? "2c53a13c");
        if (!HasPolicy || policy != "2c53a13c")
        {
            return Error(404, "user has no active policy to evaluate: ops");
        }

        (string Id, string Gate, string Trigger, string Text)[] rows =
        [
            ("CVE-2024-0001+openssl", "vulnerabilities", "package", "HIGH Vulnerability found in os package type (dpkg) - openssl (fixed in: 3.0.13-1)(CVE-2024-0001 - https://x.example)"),
            .. PolicyRows.Select(r => ("b2605c2d", r.Gate, r.Trigger, "What this is about")),
        ];
        return Json(IsV2 ? new JsonObject
        {
            ["image_digest"] = digest, ["evaluated_tag"] = tag, ["policy_id"] = policy,
            ["evaluations"] = new JsonArray(new JsonObject
            {
                ["evaluation_time"] = "2024-06-01T11:00:00Z", ["evaluation_problems"] = new JsonArray(), ["status"] = "fail",
                ["final_action"] = "stop", ["final_action_reason"] = "policy_evaluation", ["image_allowlisted"] = false,
                ["image_denylisted"] = false, ["image_mapped_to_rule"] = true, ["number_of_findings"] = rows.Length,
                ["details"] = new JsonObject
                {
                    ["policy"] = new JsonObject { ["id"] = policy, ["name"] = "Default", ["version"] = "2", ["rule_sets"] = new JsonArray(), ["mappings"] = new JsonArray() },
                    ["policy_action"] = "stop", ["remediations"] = null,
                    ["findings"] = new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
                    {
                        ["trigger_id"] = r.Id, ["gate"] = r.Gate, ["trigger"] = r.Trigger, ["message"] = r.Text, ["action"] = "stop",
                        ["policy_id"] = "48e6f7d6", ["recommendation"] = "", ["rule_id"] = "r1", ["allowlisted"] = false, ["allowlist_match"] = null,
                    })]),
                },
            }),
        }
        : new JsonArray(new JsonObject
        {
            [digest] = new JsonObject
            {
                [tag] = new JsonArray(new JsonObject
                {
                    ["policyId"] = policy, ["status"] = "fail", ["last_evaluation"] = "2024-06-01T11:00:00Z",
                    ["detail"] = new JsonObject
                    {
                        ["policy"] = new JsonObject { ["id"] = policy },
                        ["result"] = new JsonObject
                        {
                            ["final_action"] = "stop", ["final_action_reason"] = "policy_evaluation",
                            ["result"] = new JsonObject
                            {
                                ["d26f0119b963"] = new JsonObject
                                {
                                    ["result"] = new JsonObject
                                    {
                                        ["header"] = new JsonArray("Image_Id", "Repo_Tag", "Trigger_Id", "Gate", "Trigger", "Check_Output", "Gate_Action", "Whitelisted", "Policy_Id"),
                                        ["row_count"] = rows.Length,
                                        ["rows"] = new JsonArray([.. rows.Select(r => (JsonNode)new JsonArray("d26f0119b963", tag, r.Id, r.Gate, r.Trigger, r.Text, "stop", false, "48e6f7d6"))]),
                                    },
                                },
                            },
                        },
                    },
                }),
            },
        }));
    }

    private static StubAnswer Json(JsonNode node) => new(200, node.ToJsonString());

    private sealed class FakeImage(string[] progress)
    {
        private int _at;

        public HashSet<string> Tags { get; } = [];

        public string State { get; private set; } = progress[0];

        public string Next() => State = progress[Math.Min(_at++, progress.Length - 1)];
    }
}

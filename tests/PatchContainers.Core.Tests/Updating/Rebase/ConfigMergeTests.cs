using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class ConfigMergeTests
{
    private static readonly Digest B1 = Digest.OfBytes("b1"u8);
    private static readonly Digest B2 = Digest.OfBytes("b2"u8);
    private static readonly Digest A1 = Digest.OfBytes("a1"u8);
    private static readonly BaseRefresh Refresh = new(ImageReference.Parse("debian:12"), Digest.OfBytes("old platform"u8),
        Digest.OfBytes("new platform"u8),
        Digest.OfBytes("new index"u8));

    /// <summary>One value of the config: the old base's, the new base's, the application's, and what comes out; null is absent.</summary>
    public static TheoryData<string, string, string?, string?, string?, string?> Values => new()
    {
        { "inherited, base moves", "Cmd", """["bash"]""", """["sh"]""", """["bash"]""", """["sh"]""" },
        { "inherited, base drops it", "Cmd", """["bash"]""", null, """["bash"]""", null },
        { "inherited, base stays", "Cmd", """["bash"]""", """["bash"]""", """["bash"]""", """["bash"]""" },
        { "set by the application", "Cmd", """["bash"]""", """["sh"]""", """["/srv/app"]""", """["/srv/app"]""" },
        { "ENTRYPOINT resets CMD to nothing", "Cmd", """["bash"]""", """["sh"]""", null, null },
        { "null and absent say the same", "Entrypoint", null, """["/init"]""", "null", """["/init"]""" },
        { "an empty user is nobody's choice", "User", null, "\"nonroot\"", "\"\"", "\"nonroot\"" },
        { "what nobody sets stays as written", "User", null, null, "\"\"", "\"\"" },
        { "user", "User", "\"a\"", "\"b\"", "\"c\"", "\"c\"" },
        { "working directory", "WorkingDir", "\"/\"", "\"/w\"", "\"/\"", "\"/w\"" },
        { "stop signal", "StopSignal", "\"SIGTERM\"", "\"SIGQUIT\"", "\"SIGTERM\"", "\"SIGQUIT\"" },
        { "health check as a whole", "Healthcheck",
            """{"Test":["a"]}""", """{"Test":["b"]}""", """{"Test":["a"],"Retries":3}""", """{"Test":["a"],"Retries":3}""" },
        { "shell", "Shell", null, """["/bin/bash"]""", null, """["/bin/bash"]""" },
        { "ArgsEscaped", "ArgsEscaped", "true", "false", "true", "false" },
        { "triggers are not inherited", "OnBuild", null, """["RUN x"]""", null, null },
        { "the application's own triggers stay", "OnBuild", """["RUN x"]""", """["RUN y"]""", """["RUN z"]""", """["RUN z"]""" },
        { "unknown values", "io.example", "1", "2", "1", "2" },
        { "unknown values of the application", "io.example", null, "2", """{"a":[1,2.50]}""", """{"a":[1,2.50]}""" },
        { "environment by variable", "Env",
            """["PATH=/bin","V=1","GONE=1"]""", """["PATH=/bin","V=2","NEW=n"]""",
            """["PATH=/app:/bin","V=1","GONE=1","MINE=m"]""", """["PATH=/app:/bin","V=2","NEW=n","MINE=m"]""" },
        { "a variable that only the base removed", "Env", """["A=1"]""", "[]", """["A=1"]""", null },
        { "a variable with an equals sign", "Env", """["A=b=c"]""", """["A=b=d"]""", """["A=b=c"]""", """["A=b=d"]""" },
        { "a variable that comes twice", "Env", """["A=1"]""", """["A=2"]""", """["A=0","A=1"]""", """["A=2"]""" },
        { "labels by key", "Labels", """{"v":"1","x":"x"}""", """{"v":"2"}""", """{"v":"1","x":"x","m":"m"}""", """{"v":"2","m":"m"}""" },
        { "a label that both set", "Labels", """{"v":"1"}""", """{"v":"2"}""", """{"v":"mine"}""", """{"v":"mine"}""" },
        { "a label that the application removed", "Labels",
            """{"v":"1","w":"1"}""", """{"v":"2","w":"1"}""", """{"w":"1"}""", """{"w":"1"}""" },
        { "ports by key", "ExposedPorts",
            """{"80/tcp":{}}""", """{"8080/tcp":{}}""", """{"80/tcp":{},"443/tcp":{}}""", """{"8080/tcp":{},"443/tcp":{}}""" },
        { "volumes by key", "Volumes", null, """{"/data":{}}""", """{"/mine":{}}""", """{"/data":{},"/mine":{}}""" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_equal_to_the_old_base_s_take_the_new_one_s_and_the_application_s_own_stay(
        string why, string name, string? before, string? after, string? mine, string? expected)
    {
        var merged = Merge(Config([A1], mine, name), Config([], before, name), Config([], after, name));

        Assert.True(JsonNode.DeepEquals(merged["config"]![name], expected is null ? null : JsonNode.Parse(expected)),
            $"{why}: {merged["config"]}");
        Assert.Equal(expected is null || expected == "null", !merged["config"]!.AsObject().ContainsKey(name));
    }

    [Fact]
    public void Variables_of_Windows_have_no_case()
    {
        string Windows(string env) =>
            $$$"""{"os":"windows","architecture":"amd64","config":{"Env":["{{{env}}}"]},"rootfs":{"type":"layers","diff_ids":[]}}""";

        var merged = Merge(Windows("Path=a"), Windows("PATH=a"), Windows("path=b"));

        Assert.Equal(["path=b"], merged["config"]!["Env"]!.AsArray().Select(v => v!.GetValue<string>()));
    }

    [Fact]
    public void What_both_changed_is_the_application_s_and_is_reported()
    {
        var result = ConfigMerge.Merge(Parse(Config([A1], "\"c\"", "User")),
            Parse(Config([], "\"a\"", "User")), Parse(Config([], "\"b\"", "User")), Refresh, "app");

        Assert.Equal("The base changed config.User from \"a\" to \"b\"; the application's \"c\" stays.", Assert.Single(result.Reports));
    }

    [Theory]
    [InlineData("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z")]
    [InlineData("2024-03-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z")]
    [InlineData("2024-03-01T00:00:00Z", "1970-01-01T00:00:00Z", "2024-03-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData(null, "2024-02-01T00:00:00.123Z", "2024-02-01T00:00:00.123Z")]
    [InlineData(null, null, null)]
    public void The_later_date_is_the_result_s(string? mine, string? after, string? expected)
    {
        static string Dated(string? date) => date is null ? Config([]) : Config([]).Insert(1, $"\"created\":\"{date}\",");

        Assert.Equal(expected, Merge(Dated(mine), Config([]), Dated(after))["created"]?.GetValue<string>());
    }

    [Fact]
    public void Layers_and_history_stay_in_step_and_unknown_fields_stay()
    {
        var app = $$"""
            {"zeta":{"k":1.0},"architecture":"amd64","os":"linux","author":"me","config":{},
             "rootfs":{"type":"layers","extra":"x","diff_ids":["{{B1}}","{{A1}}"]},
             "history":[{"created_by":"base","created":"2024-01-01T00:00:00Z"},
              {"created_by":"CMD bash","empty_layer":true},{"created_by":"COPY <app> é","x":1},
              {"created_by":"CMD app","empty_layer":true}]}
            """;
        var merged = Merge(app, Config([B1], history: """[{"created_by":"base"},{"created_by":"CMD bash","empty_layer":true}]"""),
            Config([B1, B2], history: """[{"created_by":"base"},{"created_by":"fix"},{"created_by":"CMD sh","empty_layer":true}]"""));

        Assert.Equal([B1.ToString(), B2.ToString(), A1.ToString()],
            merged["rootfs"]!["diff_ids"]!.AsArray().Select(d => d!.GetValue<string>()));
        Assert.Equal(["base", "fix", "CMD sh", "COPY <app> é", "CMD app"],
            merged["history"]!.AsArray().Select(h => h!["created_by"]!.GetValue<string>()));
        Assert.Equal("""{"k":1.0}""", merged["zeta"]!.ToJsonString());
        Assert.Equal("x", merged["rootfs"]!["extra"]!.GetValue<string>());
        Assert.Equal(["zeta", "architecture", "os", "author", "config", "rootfs", "history"], merged.Select(p => p.Key));
    }

    [Theory]
    [InlineData("""[{"created_by":"base"},{"created_by":"app"}]""", "[]",
        "a layer of the base image; its history is not recorded|a layer of the base image; its history is not recorded|app")]
    [InlineData("[]", """[{"created_by":"1"},{"created_by":"2"}]""", "1|2|a layer of the application; its history is not recorded")]
    [InlineData("""[{"created_by":"rewritten"},{"created_by":"app"}]""", """[{"created_by":"1"},{"created_by":"2"}]""", "1|2|app")]
    [InlineData("[]", "[]", "")]
    public void A_history_that_does_not_tell_is_filled_so_that_engines_take_it(string mine, string after, string expected)
    {
        var merged = Merge(Config([B1, A1], history: mine),
            Config([B1], history: """[{"created_by":"base"}]"""), Config([B1, B2], history: after));

        var lines = merged["history"]?.AsArray().Select(h => (h!["created_by"] ?? h["comment"])!.GetValue<string>()) ?? [];
        Assert.Equal(expected, string.Join('|', lines));
    }

    [Theory]
    [InlineData("old platform", "new platform")]
    [InlineData("old index", "new index")]
    public void Labels_about_the_base_are_refreshed_in_their_form(string recorded, string expected)
    {
        var labels = $$"""
            {"org.opencontainers.image.base.name":"docker.io/library/debian:12",
             "org.opencontainers.image.base.digest":"{{Digest.OfBytes(Encoding.UTF8.GetBytes(recorded))}}"}
            """;

        var merged = Merge(Config([A1], labels, "Labels"), Config([]), Config([]))["config"]!["Labels"]!;

        Assert.Equal("debian:12", merged["org.opencontainers.image.base.name"]!.GetValue<string>());
        var digest = merged["org.opencontainers.image.base.digest"]!.GetValue<string>();
        Assert.Equal(Digest.OfBytes(Encoding.UTF8.GetBytes(expected)).ToString(), digest);
    }

    [Fact]
    public void What_speaks_of_the_old_layers_by_number_is_dropped_and_said()
    {
        var result = ConfigMerge.Merge(Parse(Config([A1]).Insert(1, "\"moby.buildkit.cache.v0\":\"eyJ9\",")),
            Parse(Config([])), Parse(Config([])), Refresh, "app");

        Assert.DoesNotContain("moby", Encoding.UTF8.GetString(result.Content), StringComparison.Ordinal);
        Assert.Contains("moby.buildkit.cache.v0", Assert.Single(result.Reports), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Env":["A=1"],"Env":["B=1"]}""")]
    [InlineData("""{"Env":{"A":"1"}}""")]
    [InlineData("""{"Env":[1]}""")]
    [InlineData("""{"Volumes":["/data"]}""")]
    public void A_config_that_cannot_be_merged_is_an_error_that_names_the_image(string config)
    {
        var broken = $$"""{"os":"linux","architecture":"amd64","config":{{config}},"rootfs":{"type":"layers","diff_ids":[]} }""";

        var e = Assert.Throws<PatchException>(() => Merge(broken, Config([]), Config([])));

        Assert.Equal((PatchErrorCode.InvalidData, "app"), (e.Code, e.Target));
    }

    private static JsonObject Merge(string app, string oldBase, string newBase) =>
        JsonNode.Parse(ConfigMerge.Merge(Parse(app), Parse(oldBase), Parse(newBase), Refresh, "app").Content)!.AsObject();

    private static ImageConfig Parse(string config) => ImageConfig.Parse(Encoding.UTF8.GetBytes(config), "test");

    private static string Config(Digest[] diffIds, string? value = null, string name = "", string history = "[]") =>
        $$"""
        {"os":"linux","architecture":"amd64","config":{ {{(value is null ? string.Empty : $"\"{name}\":{value}")}} },
         "rootfs":{"type":"layers","diff_ids":[{{string.Join(',', diffIds.Select(d => $"\"{d}\""))}}]},"history":{{history}}}
        """;
}

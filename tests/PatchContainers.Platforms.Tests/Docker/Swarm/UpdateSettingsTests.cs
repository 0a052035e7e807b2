using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

public sealed class UpdateSettingsTests
{
    private const string Held = "9223372036854775807";
    private const string Full = """{"Parallelism":2,"Delay":5,"FailureAction":"rollback","Monitor":7,"MaxFailureRatio":0.15,"Order":"start-first"}""";

    // Before, the plan's Parallelism, the canary; then what is written with the image, and for the rest.
    [Theory]
    [InlineData(null, null, 1, $$"""{"Parallelism":1,"Delay":{{Held}}}""", null)]
    [InlineData(null, 0, 0, """{"Parallelism":0}""", """{"Parallelism":0}""")]
    [InlineData(Full, null, 1, $$"""{"Parallelism":1,"Delay":{{Held}},"FailureAction":"rollback","Monitor":7,"MaxFailureRatio":0.15,"Order":"start-first"}""",
        """{"Parallelism":2,"Delay":5,"FailureAction":"pause","Monitor":7,"MaxFailureRatio":0.15,"Order":"start-first"}""")]
    [InlineData(Full, 4, 1, $$"""{"Parallelism":1,"Delay":{{Held}},"FailureAction":"rollback","Monitor":7,"MaxFailureRatio":0.15,"Order":"start-first"}""",
        """{"Parallelism":4,"Delay":5,"FailureAction":"pause","Monitor":7,"MaxFailureRatio":0.15,"Order":"start-first"}""")]
    [InlineData("""{"Parallelism":1,"MaxFailureRatio":0,"Order":"stop-first"}""", null, 2, $$"""{"Parallelism":2,"Delay":{{Held}},"MaxFailureRatio":0,"Order":"stop-first"}""",
        """{"Parallelism":1,"MaxFailureRatio":0,"Order":"stop-first"}""")]
    public void What_is_altered_is_restored_to_exactly_what_was_there(string? before, int? parallelism, int canary, string first, string? rest)
    {
        var settings = UpdateSettings.Of(Parse(before), new SwarmUpdate { Parallelism = parallelism }, canary)!;
        Assert.Empty(settings.Foreign(Parse(before)));
        Same(first, settings.ForFirst(Parse(before)));
        Assert.Equal(canary > 0, UpdateSettings.IsHeld(settings.ForFirst(Parse(before))));
        if (canary > 0)
        {
            Same(rest, settings.ForRest(Parse(first)));
        }

        foreach (var stage in new[] { before, first, rest })
        {
            Same(before, settings.Restored(Parse(stage)));
            Same(before, settings.Restored(settings.Restored(Parse(stage))));
        }
    }

    [Fact]
    public void Nothing_is_altered_where_the_plan_says_what_the_service_says() => Assert.Null(UpdateSettings.Of(Parse(Full), new SwarmUpdate
    {
        Parallelism = 2, Order = SwarmOrder.StartFirst, MaxFailureRatio = 0.15,
    }, 0));

    [Fact]
    public void A_field_that_someone_else_has_set_is_theirs()
    {
        var settings = UpdateSettings.Of(Parse(Full), null, 1)!;
        var theirs = Parse($$"""{"Parallelism":9,"Delay":{{Held}},"FailureAction":"continue","Monitor":8}""")!;
        Assert.Equal(["FailureAction", "Parallelism"], settings.Foreign(theirs));
        Same("""{"Parallelism":9,"Delay":5,"FailureAction":"continue","Monitor":8}""", settings.Restored(theirs));
    }

    // What the engine writes for the fields that it was not told, and single precision.
    [Fact]
    public void What_the_engine_adds_is_no_change_of_anybodys()
    {
        var settings = UpdateSettings.Of(null, new SwarmUpdate { MaxFailureRatio = 0.1 + 0.2 }, 1)!;
        var read = Parse($$"""{"Parallelism":1,"Delay":{{Held}},"FailureAction":"pause","MaxFailureRatio":0.3,"Order":"stop-first"}""");
        Assert.Empty(settings.Foreign(read));
        Assert.Null(settings.Restored(read));
    }

    [Fact]
    public void What_is_kept_survives_the_journal()
    {
        var state = new SwarmState { Image = "a:1", Running = [new RanImage("sha256:0", true)], Version = 4, CanaryCount = 1, Settings = UpdateSettings.Of(Parse(Full), null, 1) };
        var change = new RolloutChange { Workload = "swarm://default/web", Platform = "Swarm", Ring = "r", OldImage = "a:1", NewImage = "a:2", NewDigest = "" };
        var read = SwarmState.Of(change with { Before = state.ToText() })!;
        Assert.Equal(state.ToText(), read.ToText());
        Same(Full, read.Settings!.Restored(read.Settings.ForFirst(Parse(Full))));
        var fault = Assert.Throws<PatchException>(() => SwarmState.Of(change with { Before = "{" }));
        Assert.Equal(PatchErrorCode.InvalidData, fault.Code);
    }

    private static JsonObject? Parse(string? text) => text is null ? null : (JsonObject)JsonNode.Parse(text)!;

    private static void Same(string? expected, JsonObject? found) =>
        Assert.True(JsonNode.DeepEquals(Parse(expected), found), $"{expected ?? "null"}\n{found?.ToJsonString() ?? "null"}");
}

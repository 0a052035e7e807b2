using PatchContainers.Endpoints;
using PatchContainers.Health;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Health;

public sealed class MeasureSeriesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What is measured (p passed, f failed, ? inconclusive), the plan, the verdict, and how many measurements it takes.
    public static TheoryData<string, string, GateVerdict, int> Verdicts => new()
    {
        { "p", "", GateVerdict.Passed, 1 },
        { "f", "", GateVerdict.Failed, 1 },
        { "?", "", GateVerdict.Inconclusive, 1 },
        { "ppp", "count=3", GateVerdict.Passed, 3 },

        // No failure and no unknown may be, unless the plan says so: the first one ends it.
        { "pfp", "count=3", GateVerdict.Failed, 2 },
        { "p?p", "count=3", GateVerdict.Inconclusive, 2 },

        // A limit is what may be; the verdict comes with the one above it.
        { "fpp", "count=3 failureLimit=1", GateVerdict.Passed, 3 },
        { "fpf", "count=3 failureLimit=1", GateVerdict.Failed, 3 },
        { "ff", "count=3 failureLimit=1", GateVerdict.Failed, 2 },
        { "?pp", "count=3 inconclusiveLimit=1", GateVerdict.Passed, 3 },
        { "?p?", "count=3 inconclusiveLimit=1", GateVerdict.Inconclusive, 3 },
        { "?f", "count=3 inconclusiveLimit=1", GateVerdict.Failed, 2 },

        // Failures in a row; anything else breaks the row. Their sum is free unless it is limited, too.
        { "fpfpfp", "count=6 consecutiveFailureLimit=1", GateVerdict.Passed, 6 },
        { "fpff", "count=6 consecutiveFailureLimit=1", GateVerdict.Failed, 4 },
        { "f?fpp", "count=5 consecutiveFailureLimit=1 inconclusiveLimit=1", GateVerdict.Passed, 5 },
        { "fpfpf", "count=6 consecutiveFailureLimit=1 failureLimit=2", GateVerdict.Failed, 5 },
        { "fpf", "count=6 consecutiveFailureLimit=0", GateVerdict.Failed, 1 },

        // Enough in a row ends it early; never enough is no verdict.
        { "ppp", "count=9 consecutiveSuccess=3", GateVerdict.Passed, 3 },
        { "pp", "consecutiveSuccess=2", GateVerdict.Passed, 2 },
        { "ppfppp", "count=9 consecutiveSuccess=3 failureLimit=1", GateVerdict.Passed, 6 },
        { "pfpfpf", "count=6 consecutiveSuccess=2 failureLimit=5", GateVerdict.Inconclusive, 6 },

        // Whatever may go wrong, something has to have passed.
        { "f?f?", "count=4 failureLimit=2 inconclusiveLimit=2", GateVerdict.Inconclusive, 4 },
        { "f?fp", "count=4 failureLimit=2 inconclusiveLimit=2", GateVerdict.Passed, 4 },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public async Task The_verdict_comes_as_soon_as_it_is_certain(string measured, string settings, GateVerdict verdict, int taken)
    {
        var clock = new FakeClock();
        var said = await RunAsync(measured, settings, clock);
        Assert.Equal((verdict, taken), (said.Verdict, said.Taken));

        // Ten seconds from one to the next, and none after the last.
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(10), taken - 1), clock.Waits);
    }

    [Fact]
    public async Task The_interval_counts_from_the_beginning_of_a_measurement()
    {
        var clock = new FakeClock { SkipsUpTo = TimeSpan.FromMinutes(2) };
        var plan = Plan("count=4 interval=1m");
        var lasts = new Queue<TimeSpan>([TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(90), TimeSpan.Zero, TimeSpan.Zero]);
        await MeasureSeries.RunAsync(plan, _ =>
        {
            clock.Advance(lasts.Dequeue());
            return Task.FromResult(new Measurement(GateVerdict.Passed, "Well."));
        }, clock, Token);
        Assert.Equal([TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(1)], clock.Waits);
    }

    [Fact]
    public async Task An_error_is_an_inconclusive_measurement_and_a_stop_is_none()
    {
        var said = await MeasureSeries.RunAsync(new MeasurePlan(),
            _ => throw new PatchException(PatchErrorCode.Unreachable, "there", "Nobody is there."), new FakeClock(), Token);
        Assert.Equal((GateVerdict.Inconclusive, "Nobody is there."), (said.Verdict, said.Detail));

        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MeasureSeries.RunAsync(Plan("count=2"), _ =>
        {
            stop.Cancel();
            return Task.FromResult(new Measurement(GateVerdict.Passed, "Well."));
        }, TimeProvider.System, stop.Token));
    }

    [Fact]
    public async Task The_detail_counts_and_the_digests_are_those_of_what_decided()
    {
        var digests = new Queue<string>(["sha256:a", "sha256:b", "sha256:c"]);
        var said = await MeasureSeries.RunAsync(Plan("count=5 failureLimit=1"), _ =>
        {
            var digest = digests.Dequeue();
            return Task.FromResult(new Measurement(digest == "sha256:b" ? GateVerdict.Passed : GateVerdict.Failed, $"{digest} was asked.")
            {
                Digests = [digest],
            });
        }, new FakeClock(), Token);
        Assert.Equal(["sha256:a", "sha256:c"], said.Digests);
        Assert.Equal("2 of 3 measurements failed, where 1 may. The last of them: sha256:c was asked.", said.Detail);
    }

    [Theory]
    [InlineData("count=0", "count")]
    [InlineData("count=three", "count")]
    [InlineData("count=3 failureLimit=3", "failureLimit")]
    [InlineData("failureLimit=1", "failureLimit")]
    [InlineData("count=3 inconclusiveLimit=3", "inconclusiveLimit")]
    [InlineData("count=3 consecutiveFailureLimit=-1", "consecutiveFailureLimit")]
    [InlineData("count=3 consecutiveSuccess=4", "consecutiveSuccess")]
    [InlineData("interval=soon", "interval")]
    [InlineData("interval=2h", "interval")]
    [InlineData("counts=3", "counts")]
    public void Settings_that_would_let_everything_pass_or_mean_nothing_are_refused(string settings, string named)
    {
        var e = Assert.Throws<PatchException>(() => Plan(settings));
        Assert.Equal((PatchErrorCode.InvalidArgument, "mine"), (e.Code, e.Target));
        Assert.Contains($"'{named}'", e.Message, StringComparison.Ordinal);
    }

    private static async Task<(GateVerdict Verdict, int Taken)> RunAsync(string measured, string settings, FakeClock clock)
    {
        var taken = 0;
        var said = await MeasureSeries.RunAsync(Plan(settings), _ => Task.FromResult(new Measurement(
            measured[taken++] switch
            {
                'p' => GateVerdict.Passed,
                'f' => GateVerdict.Failed,
                _ => GateVerdict.Inconclusive,
            },
            "It was measured.")), clock, Token);
        return (said.Verdict, taken);
    }

    private static MeasurePlan Plan(string settings) => MeasurePlan.Parse(new SettingReader(
        new RolloutGate("mine", "any", settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('='))
            .ToDictionary(s => s[0], s => s[1])), MeasurePlan.SettingNames));
}

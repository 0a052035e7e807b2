using System.Globalization;
using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>
/// A rollout that takes a week in which the clocks of Berlin change: planned by a person, run by a scheduled task every three hours, each
/// of which has to end before the next. No time is waited.
/// </summary>
public sealed class RolloutWeekTests : IDisposable
{
    private static readonly TimeSpan JobEvery = TimeSpan.FromHours(3);

    private readonly RolloutWorld _world = new(made: ChangeStatus.Applied);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutWeekTests()
    {
        foreach (var ring in (string[])["staging", "early", "production"])
        {
            _world.Write(ring, $"{ring[0]}={OldImage}");
        }

        _world.AddGate("health", GateVerdict.Passed);
    }

    public void Dispose() => _world.Dispose();

    // The soaks take 24, 24 and 6 hours, whatever the clocks say. Staging begins with the first job. The early ring begins on Sunday at
    // 02:30, production on a weekday at 22:00 for four hours, but Tuesday and Wednesday are frozen: at midnight. The first yes is from Monday
    // 10:00Z on for ten hours, the second from Tuesday 19:00Z on for two days.
    [Theory]

    // 29 March: there is no 02:30, and the ring begins when 02:00 has become 03:00. 22:00 is 20:00Z: the first yes ends right then.
    [InlineData("2026-03-26", "2026-03-31..2026-04-01", new[]
    {
        "Thu 09:00 Apply staging Applied", "Thu 09:00 Await staging Healthy", "Thu 09:00 Soak staging Begun",
        "Fri 09:00 Await staging Healthy", "Fri 09:00 Gate staging Passed", "Fri 09:00 Pass staging Passed",
        "Sun 01:00 Apply early Applied", "Sun 01:00 Await early Healthy", "Sun 01:00 Soak early Begun",
        "Mon 01:00 Await early Healthy", "Mon 01:00 Gate early Passed", "Mon 01:00 Pass early Passed",
        "Wed 22:00 Apply production Applied", "Wed 22:00 Await production Healthy", "Wed 22:00 Soak production Begun",
        "Thu 04:00 Await production Healthy", "Thu 04:00 Gate production Passed", "Thu 04:00 Pass production Passed",
        "Thu 04:00 End  Succeeded",
    }, "Mon 20:00 approval")]

    // 25 October: 02:30 comes twice, and the ring begins the first time. 22:00 is 21:00Z: the first yes ended an hour before.
    [InlineData("2026-10-22", "2026-10-27..2026-10-28", new[]
    {
        "Thu 09:00 Apply staging Applied", "Thu 09:00 Await staging Healthy", "Thu 09:00 Soak staging Begun",
        "Fri 09:00 Await staging Healthy", "Fri 09:00 Gate staging Passed", "Fri 09:00 Pass staging Passed",
        "Sun 00:30 Apply early Applied", "Sun 00:30 Await early Healthy", "Sun 00:30 Soak early Begun",
        "Mon 00:30 Await early Healthy", "Mon 00:30 Gate early Passed", "Mon 00:30 Pass early Passed",
        "Wed 23:00 Apply production Applied", "Wed 23:00 Await production Healthy", "Wed 23:00 Soak production Begun",
        "Thu 05:00 Await production Healthy", "Thu 05:00 Gate production Passed", "Thu 05:00 Pass production Passed",
        "Thu 05:00 End  Succeeded",
    }, "Mon 21:00 approval")]
    public async Task Each_step_of_a_week_is_done_when_its_soak_its_window_and_its_approval_say(
        string thursday, string frozen, string[] expected, string expired)
    {
        var first = DateTimeOffset.Parse(thursday + "T08:00Z", CultureInfo.InvariantCulture);
        _world.Clock.Now = first;
        var id = (await StartAsync(frozen)).Id;
        var (monday, tuesday) = (first.AddDays(4).AddHours(2), first.AddDays(5).AddHours(11));
        var rollout = await _world.Service.GetAsync(id, Token);
        Assert.Equal(RolloutStatus.Planned, rollout.Status);
        for (var job = first.AddHours(1); rollout.Status != RolloutStatus.Succeeded; job += JobEvery)
        {
            Assert.True(job < first.AddDays(8), rollout.Reason);
            await ApproveAsync(id, monday, TimeSpan.FromHours(10), job);
            await ApproveAsync(id, tuesday, TimeSpan.FromHours(48), job);
            _world.Clock.Now = job;
            rollout = await _world.Service.ResumeAsync(id, new RolloutRunOptions { MaxDuration = JobEvery }, _world.Progress, Token);
            Assert.InRange(_world.Clock.Now, job, job + JobEvery);
        }

        Assert.Equal(expected, rollout.Steps.Where(s => s.Action != "Pause").Select(s => $"{At(s.EndedAt)} {s.Action} {s.Ring} {s.Outcome}"));
        Assert.Contains(expired, rollout.Steps.Where(s => s.Action == "Pause").Select(s => $"{At(s.EndedAt)} {s.Target}"));
        Assert.Equal(["s", "e", "p"], _world.Platform.Calls.Where(c => c.StartsWith("Apply ", StringComparison.Ordinal)).Select(c => c[6..]));
        Assert.Equal(2, (await _world.ReadHistoryAsync(Token)).Count(r => r.Outcome == "Approved"));
    }

    private static string At(DateTimeOffset? time) => time!.Value.ToString("ddd HH:mm", CultureInfo.InvariantCulture);

    // A person says yes between two jobs.
    private async Task ApproveAsync(string id, DateTimeOffset when, TimeSpan lasting, DateTimeOffset job)
    {
        if (when <= job && when > job - JobEvery)
        {
            _world.Clock.Now = when;
            await _world.Service.ApproveAsync(id, "production", lasting, "change 4711", _world.Progress, Token);
        }
    }

    private async Task<PatchRollout> StartAsync(string frozen)
    {
        var request = _world.Request("staging", "early", "production").With(p => p with
        {
            Rings = [.. p.Rings.Select(r => r.Name switch
            {
                "staging" => r with { Soak = TimeSpan.FromHours(24) },
                "early" => r with { Soak = TimeSpan.FromHours(24), Windows = ["Sun 02:30 +3h Europe/Berlin"] },
                _ => r with
                {
                    Soak = TimeSpan.FromHours(6),
                    Approval = true,
                    Windows = ["Mon-Fri 22:00 +4h Europe/Berlin"],
                    Freezes = [frozen],
                },
            })],
        });
        return await _world.Service.StartAsync(await _world.Service.PlanAsync(request, _world.Progress, Token),
            new RolloutRunOptions { Detach = true }, _world.Progress, Token);
    }
}

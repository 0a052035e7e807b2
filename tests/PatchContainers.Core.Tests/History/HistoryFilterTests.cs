using FsCheck;
using FsCheck.Fluent;
using PatchContainers.History;
using Xunit;

namespace PatchContainers.Core.Tests.History;

public sealed class HistoryFilterTests
{
    private const string Old = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string New = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Other = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    private static readonly PatchRecord Record = new()
    {
        Time = new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero),
        Image = "registry.example/shop/web:1.4",
        OldDigest = Old,
        NewDigest = New,
        Rollout = "20261121-074500-3f9c",
        Findings = ["CVE-2023-0001"],
    };

    public static TheoryData<string, bool> Images => new()
    {
        { "registry.example/shop/web", true },
        { "registry.example/shop/web:1.4", true },
        { "REGISTRY.example/shop/web:1.4", true },
        { "registry.example/shop/web:1.5", false },
        { "registry.example/shop/web:latest", false },
        { "registry.example/shop/we", false },
        { "registry.example/shop", false },
        { "shop/web", false },
        { Old, true },
        { New, true },
        { Other, false },
        { $"registry.example/shop/web@{New}", true },
        { $"registry.example/shop/web:9@{New}", true },
        { $"registry.example/shop/web@{Other}", false },
        { $"registry.example/shop/api@{New}", false },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void An_image_is_asked_for_by_name_tag_or_digest(string image, bool matches) =>
        Assert.Equal(matches, new HistoryQuery(new HistoryFilter { Image = image }).Matches(Record));

    [Fact]
    public void A_name_without_a_tag_means_any_tag_and_Docker_Hub_where_it_names_no_registry()
    {
        var record = new PatchRecord { Image = "docker.io/library/nginx:1.25" };
        Assert.True(new HistoryQuery(new HistoryFilter { Image = "nginx" }).Matches(record));
        Assert.False(new HistoryQuery(new HistoryFilter { Image = "nginx:latest" }).Matches(record));
        Assert.False(new HistoryQuery(new HistoryFilter { Image = "nginx" }).Matches(new PatchRecord()));
    }

    [Fact]
    public void The_time_is_from_inclusive_to_exclusive()
    {
        Assert.True(Matches(new HistoryFilter { Since = Record.Time }));
        Assert.False(Matches(new HistoryFilter { Since = Record.Time.AddTicks(1) }));
        Assert.False(Matches(new HistoryFilter { Until = Record.Time }));
        Assert.True(Matches(new HistoryFilter { Until = Record.Time.AddTicks(1) }));
    }

    [Fact]
    public void A_vulnerability_is_asked_for_by_its_whole_id_in_any_case()
    {
        Assert.True(Matches(new HistoryFilter { Vulnerability = "cve-2023-0001" }));
        Assert.False(Matches(new HistoryFilter { Vulnerability = "CVE-2023-000" }));
    }

    [Fact]
    public void A_rollout_is_asked_for_by_its_id()
    {
        Assert.True(Matches(new HistoryFilter { Rollout = Record.Rollout }));
        Assert.False(Matches(new HistoryFilter { Rollout = "20261121" }));
    }

    [Fact]
    public void What_is_neither_an_image_nor_a_digest_is_an_error() =>
        Assert.Equal(PatchErrorCode.InvalidArgument,
            Assert.Throws<PatchException>(() => Matches(new HistoryFilter { Image = "Not An Image" })).Code);

    [Fact]
    public void All_conditions_have_to_hold_together()
    {
        var conditions = Gen.Elements(
            ((Func<HistoryFilter, HistoryFilter>)(f => f with { Image = "registry.example/shop/web" }), true),
            (f => f with { Image = "api" }, false),
            (f => f with { Rollout = Record.Rollout }, true),
            (f => f with { Vulnerability = "CVE-1" }, false),
            (f => f with { Vulnerability = "CVE-2023-0001" }, true),
            (f => f with { Since = Record.Time }, true),
            (f => f with { Until = Record.Time }, false)).ListOf();
        Check.QuickThrowOnFailure(Prop.ForAll(conditions.ToArbitrary(), list =>
        {
            var distinct = list.DistinctBy(c => c.Item1.Method).ToList();
            var filter = distinct.Aggregate(new HistoryFilter(), (f, c) => c.Item1(f));
            bool image = filter.Image != "api", vulnerability = filter.Vulnerability != "CVE-1", until = filter.Until is null;
            return Matches(filter) == (image && vulnerability && until);
        }));
    }

    private static bool Matches(HistoryFilter filter) => new HistoryQuery(filter).Matches(Record);
}

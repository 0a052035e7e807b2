using PatchContainers.Inventory;
using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class UpdateMatcherTests
{
    public static TheoryData<string, string, string, string?> Matches => new()
    {
        // As the file has it, the update's old and new image, what it becomes (null: it is not for this workload).
        { "registry.example/web:1.4", "registry.example/web:1.4", "registry.example/web:1.5", $"registry.example/web:1.5@{NewDigest}" },
        { "REGISTRY.example/web:1.4", "registry.example/web:1.4", "registry.example/web:1.5", $"REGISTRY.example/web:1.5@{NewDigest}" },
        { "nginx:1", "docker.io/library/nginx:1", "docker.io/library/nginx:2", $"nginx:2@{NewDigest}" },
        { "nginx", "nginx:latest", "nginx:2", $"nginx:2@{NewDigest}" },
        { "docker.io/nginx", "nginx", "nginx:2", $"docker.io/nginx:2@{NewDigest}" },
        { $"nginx:1@{OldDigest}", "nginx:1", "nginx:2", $"nginx:2@{NewDigest}" },
        { $"nginx@{OldDigest}", "nginx:1", "nginx:2", $"nginx:2@{NewDigest}" },
        { $"nginx:9@{OldDigest}", "nginx:1", "nginx:2", $"nginx:2@{NewDigest}" },
        { $"nginx:1@{OldDigest}", $"nginx@{OldDigest}", "nginx:2", $"nginx:2@{NewDigest}" },
        { "nginx:1", "nginx:1", $"nginx@{NewDigest}", $"nginx@{NewDigest}" },
        { "nginx:1", "nginx:1", "mirror.example/nginx:2", $"mirror.example/nginx:2@{NewDigest}" },
        { "nginx:2", "nginx:1", "nginx:3", null },
        { $"nginx:1@{OtherDigest}", "nginx:1", "nginx:2", null },
        { "nginx:1", $"nginx@{OldDigest}", "nginx:2", null },
        { "other/nginx:1", "nginx:1", "nginx:2", null },
        { "${IMAGE}", "nginx:1", "nginx:2", null },
        { "", "nginx:1", "nginx:2", null },
    };

    private static readonly PatchRing Staging = new() { Name = "staging", Targets = [] };

    [Theory]
    [MemberData(nameof(Matches))]
    public void Names_are_compared_by_meaning_and_written_as_they_are_spelled(string image, string old, string @new, string? becomes)
    {
        var matcher = new UpdateMatcher([Update(old, OldDigest, @new)], new Progress<PatchNotice>());
        var change = matcher.Match(new Workload { Id = "x", Platform = "Text", Name = "x", Image = image, Path = "/f" }, Staging);
        Assert.Equal(becomes, change?.NewImage);
        if (change is not null)
        {
            Assert.Equal((image, OldDigest, NewDigest, ChangeStatus.Planned),
                (change.OldImage, change.OldDigest, change.NewDigest, change.Status));
        }
    }

    [Theory]
    [InlineData($"nginx:2@{NewDigest}", "/f", ChangeStatus.Written)]
    [InlineData($"nginx:1@{NewDigest}", "/f", ChangeStatus.Written)]
    [InlineData($"docker.io/library/nginx@{NewDigest}", "/f", ChangeStatus.Written)]
    [InlineData($"nginx:2@{NewDigest}", "", ChangeStatus.Applied)]
    public void A_workload_that_is_pinned_to_the_new_digest_stays_as_it_is(string image, string path, ChangeStatus status)
    {
        var matcher = new UpdateMatcher([Update("nginx:1", OldDigest, "nginx:2")], new Progress<PatchNotice>());
        var change = matcher.Match(new Workload { Id = "x", Platform = "Text", Name = "x", Image = image, Path = path }, Staging)!;
        Assert.Equal((image, image, status), (change.OldImage, change.NewImage, change.Status));
    }

    [Theory]
    [InlineData($"nginx:1@{OtherDigest}", true)]
    [InlineData($"nginx:2@{OtherDigest}", false)]
    [InlineData($"nginx@{OtherDigest}", false)]
    [InlineData("nginx:1", false)]
    public void A_workload_that_pins_the_tag_to_another_digest_is_noticed(string image, bool noticed)
    {
        var matcher = new UpdateMatcher([Update("nginx:1", OldDigest, "nginx:2")], new Progress<PatchNotice>());
        Assert.Equal(noticed, matcher.IsPinnedElsewhere(new Workload { Id = "x", Platform = "Text", Name = "x", Image = image }));
    }
}

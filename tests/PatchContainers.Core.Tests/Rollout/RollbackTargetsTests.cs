using PatchContainers.Images;
using PatchContainers.Rollout;
using PatchContainers.Stores;
using PatchContainers.TestKit.Images;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>Which image string brings back what ran.</summary>
public sealed class RollbackTargetsTests : IDisposable
{
    private readonly ImageWorld _world = new();
    private readonly TestImage _old = AppBuilder(BaseImage("1")).Build();
    private readonly TestImage _other = AppBuilder(BaseImage("2")).Build();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RanImage Unknown => new(Digest.OfBytes("nowhere"u8).ToString(), false);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task The_old_string_is_put_back_while_it_names_what_ran_in_any_of_its_forms()
    {
        var index = new TestIndex(_old);
        await _world.PushAsync(App, index);
        foreach (var ran in new[] { index.Digest, _old.Digest, _old.Config.Descriptor.Digest })
        {
            Assert.Equal(new RollbackTarget(App, string.Empty), await FindAsync(new RanImage(ran.ToString(), true)));
        }
    }

    [Fact]
    public async Task What_ran_is_pinned_where_the_old_name_stands_for_another_image()
    {
        await _world.PushAsync(App, _old);
        await _world.PushAsync(App, _other);
        var target = await FindAsync(Unknown, new RanImage(_old.Digest.ToString(), true));
        Assert.Equal($"{App}@{_old.Digest}", target.Image);
        Assert.Equal($"It was pinned to the digest that ran, since {App} names {_other.Digest} now, and not what ran.", target.Detail);
    }

    [Fact]
    public async Task What_ran_is_pinned_where_the_old_name_stands_for_nothing_any_more()
    {
        await _world.PushAsync("registry.example/shop/web:other", _old);
        var target = await FindAsync(new RanImage(_old.Digest.ToString(), true));
        Assert.Equal($"{App}@{_old.Digest}", target.Image);
        Assert.Contains($"{App} names nothing any more", target.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_by_its_configuration_is_found_where_the_update_was_made_from_it()
    {
        await _world.PushAsync(App, _old);
        await _world.PushAsync(App, _other);
        var target = await FindAsync(new RanImage(_old.Config.Descriptor.Digest.ToString(), false));
        Assert.Equal($"{App}@{_old.Digest}", target.Image);
    }

    [Fact]
    public async Task What_nobody_can_pull_any_more_is_said()
    {
        await _world.PushAsync(App, _other);
        var target = await FindAsync(Unknown);
        Assert.Equal(App, target.Image);
        Assert.Contains("cannot be pulled by its digest", target.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_does_not_answer_cannot_vouch_for_the_old_name()
    {
        const string image = "127.0.0.1:1/shop/web:1.4";
        var targets = new RollbackTargets(new ImageStoreRouter(new ImageStoreOptions()));
        foreach (var isPulled in new[] { true, false })
        {
            var target = await targets.FindAsync(Change(image), [Unknown with { IsPulled = isPulled }], Token);
            Assert.Equal(isPulled ? $"{image}@{Unknown.Digest}" : image, target.Image);
            Assert.Contains($"whether {image} still names what ran is not known", target.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("registry.example/shop/web:1.4@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("registry.example/shop/web:1.4", false)]
    [InlineData("$(IMAGE)", true)]
    public async Task What_is_pinned_what_is_not_known_and_what_is_no_name_stays_as_it_stood(string image, bool hasRun) =>
        Assert.Equal(new RollbackTarget(image, string.Empty),
            await new RollbackTargets(_world.Store).FindAsync(Change(image), hasRun ? [Unknown] : [], Token));

    [Fact]
    public async Task A_rollback_writes_what_was_found_and_says_so()
    {
        await _world.PushAsync(RolloutWorld.OldImage, _old);
        await _world.PushAsync(RolloutWorld.OldImage, _other);
        var pinned = $"{RolloutWorld.OldImage}@{_old.Digest}";
        using var rollouts = new RolloutWorld(made: ChangeStatus.Applied, images: _world.Store);
        rollouts.Write("staging", $"a={RolloutWorld.OldImage}", $"b={RolloutWorld.OldImage}");
        rollouts.Platform.Ran["a"] = [new RanImage(_old.Digest.ToString(), true)];
        rollouts.AddGate("health", GateVerdict.Failed);
        var rollout = await rollouts.RunAsync(rollouts.Request("staging"), Token);

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Equal($"a={pinned}\nb={RolloutWorld.OldImage}\n", rollouts.Read("staging"));
        Assert.Contains("2 workloads hold their old image again. 1 of them are pinned", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal([pinned, RolloutWorld.OldImage], rollout.Changes.Select(c => c.OldImage));
        Assert.Contains(await rollouts.ReadHistoryAsync(Token), r => r.Detail.Contains("It was pinned to the digest that ran", StringComparison.Ordinal));
        Assert.Equal(pinned, (await rollouts.Service.GetAsync(rollout.Id, Token)).Changes[0].OldImage);
    }

    private Task<RollbackTarget> FindAsync(params RanImage[] ran) =>
        new RollbackTargets(_world.Store).FindAsync(Change(App), ran, Token);

    private RolloutChange Change(string image) => new()
    {
        Workload = "web",
        Platform = "Text",
        Ring = "staging",
        OldImage = image,
        NewImage = $"{image}-patched",
        OldDigest = _old.Digest.ToString(),
        NewDigest = Digest.OfBytes("new"u8).ToString(),
    };
}

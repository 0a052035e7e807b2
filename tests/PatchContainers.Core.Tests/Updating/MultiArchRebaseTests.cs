using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using PatchContainers.Updating;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Updating;

/// <summary>The whole index, or nothing.</summary>
public sealed class MultiArchRebaseTests : IDisposable
{
    private const string DigestKey = "org.opencontainers.image.base.digest";

    private readonly UpdateWorld _world = new();
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_multi_arch_image_is_rebased_whole_and_its_attestations_are_left_out()
    {
        var (oldArm, newArm) = (BaseImage("3.0.9-1", "linux/arm64"), BaseImage("3.0.11-1", "linux/arm64"));
        await _world.Images.PushAsync(Base, new TestIndex(_old, oldArm));
        var newBase = await _world.Images.PushAsync(Base, new TestIndex(_new, newArm));
        var index = new TestIndex(AppBuilder(_old).BasedOn(Base, _old.Digest).Build(),
            AppBuilder(oldArm).BasedOn(Base, oldArm.Digest).Build())
            .Annotation("org.opencontainers.image.title", "web").BasedOn(Base, new TestIndex(_old, oldArm).Digest);
        await _world.Images.PushAsync(App, index);
        var attested = await AttestAsync(index);

        var update = await _world.UpdateAsync(App);

        Assert.Equal((UpdateStatus.Updated, attested.ToString()), (update.Status, update.Digest));
        Assert.Equal($"{App}-patched-{newBase.ShortHex}", update.NewImage);
        Assert.Equal(["linux/amd64", "linux/arm64"], update.Platforms);
        Assert.Contains(update.Reasons, r => r.Contains("attestation-manifest", StringComparison.Ordinal));
        var image = await _world.ReadAsync(update.NewImage);
        Assert.Equal(2, image.Index!.Manifests.Count);
        Assert.Equal(["linux/amd64", "linux/arm64"], image.Platforms.Select(p => p.Platform.ToString()));
        Assert.Equal(("web", newBase.ToString()),
            (image.Index.Annotations["org.opencontainers.image.title"], image.Index.Annotations[DigestKey]));

        // Each platform recorded its own manifest's digest, and records that of the new one.
        Assert.Equal([_new.Digest.ToString(), newArm.Digest.ToString()], image.Platforms.Select(p => p.Manifest.Annotations[DigestKey]));
        Assert.Equal(StaleStatus.Fresh, (await _world.Images.FindOneAsync(update.NewImage)).Status);
    }

    [Fact]
    public async Task A_platform_that_the_new_base_lacks_refuses_the_whole_image()
    {
        var oldArm = BaseImage("3.0.9-1", "linux/arm64");
        var before = await _world.Images.PushAsync(Base, new TestIndex(_old, oldArm));
        await _world.Images.PushAsync(Base, new TestIndex(_new));
        await _world.Images.PushAsync(App,
            new TestIndex(AppBuilder(_old).BasedOn(Base, before).Build(), AppBuilder(oldArm).BasedOn(Base, before).Build()));

        var update = await _world.UpdateAsync(App);

        Assert.Equal(UpdateStatus.Refused, update.Status);
        Assert.Contains("no image for linux/arm64", Assert.Single(update.Rejected).Reason, StringComparison.Ordinal);
        Assert.Equal(["1.4"], await TagsAsync());
    }

    private async Task<Digest> AttestAsync(TestIndex index)
    {
        var empty = new TestBlob("application/vnd.in-toto+json", "{}"u8.ToArray(), Digest.OfBytes("{}"u8));
        var attestation = new TestImageBuilder("unknown/unknown").Layer("in-toto", empty).Build();
        await attestation.WriteAsync(_world.Store, ImageReference.Parse(App).AtDigest(attestation.Digest), Token);
        var document = JsonNode.Parse(index.Index.Content)!.AsObject();
        document["manifests"]!.AsArray().Add((JsonNode)new JsonObject
        {
            ["mediaType"] = attestation.Manifest.MediaType,
            ["digest"] = attestation.Digest.ToString(),
            ["size"] = attestation.Manifest.Content.Length,
            ["platform"] = new JsonObject { ["os"] = "unknown", ["architecture"] = "unknown" },
            ["annotations"] = new JsonObject { ["vnd.docker.reference.type"] = "attestation-manifest",
                ["vnd.docker.reference.digest"] = index.Images[0].Digest.ToString() },
        });
        return (await _world.Store.WriteManifestAsync(ImageReference.Parse(App), index.Index.MediaType,
            System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()), Token)).Digest;
    }

    private async Task<List<string>> TagsAsync()
    {
        var tags = new List<string>();
        await foreach (var tag in _world.Store.ListTagsAsync(ImageReference.Parse(App), Token))
        {
            tags.Add(tag);
        }

        return tags;
    }
}

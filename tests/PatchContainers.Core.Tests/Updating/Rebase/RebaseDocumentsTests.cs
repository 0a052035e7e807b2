using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class RebaseDocumentsTests
{
    private static readonly Digest OldPlatform = Of("old platform");
    private static readonly Digest NewPlatform = Of("new platform");
    private static readonly Digest NewIndex = Of("new index");
    private static readonly BaseRefresh Refresh = new(ImageReference.Parse("debian:12"), OldPlatform, NewPlatform, NewIndex);

    [Fact]
    public void Bytes_are_the_same_under_every_runtime()
    {
        const string Text =
            """{"zoë":"<&>'\u0007\n\"\\\/ é 😀 \ud83d\ude00","n":[1.50,1e3,-0,12345678901234567890],"x":{},"y":[],"t":true,"z":null}""";

        var written = Encoding.UTF8.GetString(RebaseJson.Serialize(RebaseJson.Parse(Encoding.UTF8.GetBytes(Text))));

        Assert.Equal(
            """{"zoë":"<&>'\u0007\u000a\"\\/ é 😀 😀","n":[1.50,1e3,-0,12345678901234567890],"x":{},"y":[],"t":true,"z":null}""",
            written);
    }

    [Theory]
    [InlineData("""{"a":"\ud83d"}""")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""[]""")]
    [InlineData("""{""")]
    public void What_is_no_proper_document_is_an_error_that_names_its_source(string text)
    {
        var e = Assert.Throws<PatchException>(() =>
            RebaseJson.Read("app:1", () => RebaseJson.Serialize(RebaseJson.Parse(Encoding.UTF8.GetBytes(text)))));
        Assert.Equal((PatchErrorCode.InvalidData, "app:1"), (e.Code, e.Target));
    }

    [Fact]
    public void A_manifest_keeps_what_is_not_about_its_layers()
    {
        var image = Manifest(MediaTypes.OciManifest, MediaTypes.OciLayerGzip, "a", "app",
            $$""","subject":{"digest":"x"},"annotations":{"keep":"me","{{RecordedBase.DigestKey}}":"{{OldPlatform}}" }""");
        var newBase = Manifest(MediaTypes.DockerManifest, MediaTypes.DockerLayerGzip, "b", "c", string.Empty);

        var document = Rebase(image, newBase);

        Assert.Equal("x", document["subject"]!["digest"]!.GetValue<string>());
        Assert.Equal("me", document["annotations"]!["keep"]!.GetValue<string>());
        Assert.Equal(NewPlatform.ToString(), document["annotations"]![RecordedBase.DigestKey]!.GetValue<string>());
        Assert.Equal("debian:12", document["annotations"]![RecordedBase.NameKey]!.GetValue<string>());
        Assert.Equal(Digest.OfBytes("{}"u8).ToString(), document["config"]!["digest"]!.GetValue<string>());
        Assert.Null(document["config"]!["data"]);
        Assert.Equal([Of("b"), Of("c"), Of("app")],
            document["layers"]!.AsArray().Select(l => Digest.Parse(l!["digest"]!.GetValue<string>())));
        Assert.All(document["layers"]!.AsArray(), l => Assert.Equal(MediaTypes.OciLayerGzip, l!["mediaType"]!.GetValue<string>()));
        Assert.Equal("kept", document["layers"]![2]!["annotations"]!["its"]!.GetValue<string>());
    }

    [Fact]
    public void A_docker_manifest_gets_no_annotations()
    {
        var document = Rebase(Manifest(MediaTypes.DockerManifest, MediaTypes.DockerLayerGzip, "a", "app", string.Empty),
            Manifest(MediaTypes.OciManifest, MediaTypes.OciLayerGzip, "b", "c", string.Empty));

        Assert.Null(document["annotations"]);
        Assert.All(document["layers"]!.AsArray().Take(2), l => Assert.Null(l!["annotations"]));
        Assert.All(document["layers"]!.AsArray(), l => Assert.Equal(MediaTypes.DockerLayerGzip, l!["mediaType"]!.GetValue<string>()));
    }

    public static TheoryData<string, string, string?> LayerTypes => new()
    {
        { MediaTypes.OciManifest, MediaTypes.DockerLayerGzip, MediaTypes.OciLayerGzip },
        { MediaTypes.OciManifest, MediaTypes.DockerLayer, MediaTypes.OciLayer },
        { MediaTypes.OciManifest, MediaTypes.OciLayerZstd, MediaTypes.OciLayerZstd },
        { MediaTypes.DockerManifest, MediaTypes.OciLayer, MediaTypes.DockerLayer },
        { MediaTypes.DockerManifest, MediaTypes.DockerLayerGzip, MediaTypes.DockerLayerGzip },
        { MediaTypes.DockerManifest, MediaTypes.OciLayerZstd, null },
        { MediaTypes.OciManifest, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", null },
    };

    [Theory]
    [MemberData(nameof(LayerTypes))]
    public void Layer_types_are_of_the_manifest_s_family(string manifest, string layer, string? expected) =>
        Assert.Equal(expected, RebaseDocuments.LayerType(manifest, layer));

    [Fact]
    public void An_index_keeps_its_entries_order_platforms_and_annotations()
    {
        var (amd64, arm64, attestation) = (Of("amd64"), Of("arm64"), Of("attestation"));
        var text = $$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","mine":1,
             "annotations":{"org.opencontainers.image.base.digest":"{{Of("old index")}}" },
             "manifests":[
              {"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{arm64}}","size":1,"data":"e30=",
               "platform":{"os":"linux","architecture":"arm64","variant":"v8"},
               "annotations":{"{{RecordedBase.NameKey}}":"docker.io/library/debian:12","{{RecordedBase.DigestKey}}":"{{OldPlatform}}","a":"b"} },
              {"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{amd64}}","size":2,"platform":{"os":"linux","architecture":"amd64"} },
              {"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{attestation}}","size":3,
               "platform":{"os":"unknown","architecture":"unknown"} }]}
            """;
        var replacements = new Dictionary<Digest, Descriptor>
        {
            [amd64] = new(MediaTypes.OciManifest, Of("new amd64"), 20),
            [arm64] = new(MediaTypes.OciManifest, Of("new arm64"), 10),
        };
        var refresh = new Dictionary<Digest, BaseRefresh> { [amd64] = Refresh, [arm64] = Refresh };

        var bytes = RebaseDocuments.Index(ImageIndex.Parse(Encoding.UTF8.GetBytes(text), string.Empty, "app"), replacements, refresh,
            new BaseRefresh(ImageReference.Parse("debian:12"), default, default, NewIndex), "app");

        var document = JsonNode.Parse(bytes)!;
        var entries = document["manifests"]!.AsArray();
        Assert.Equal([(Of("new arm64").ToString(), 10), (Of("new amd64").ToString(), 20)],
            entries.Select(e => (e!["digest"]!.GetValue<string>(), e["size"]!.GetValue<int>())));
        Assert.Equal("v8", entries[0]!["platform"]!["variant"]!.GetValue<string>());
        Assert.Null(entries[0]!["data"]);
        Assert.Equal("b", entries[0]!["annotations"]!["a"]!.GetValue<string>());
        Assert.Equal(NewPlatform.ToString(), entries[0]!["annotations"]![RecordedBase.DigestKey]!.GetValue<string>());
        Assert.Null(entries[1]!["annotations"]);
        Assert.Equal(NewIndex.ToString(), document["annotations"]![RecordedBase.DigestKey]!.GetValue<string>());
        Assert.Equal(1, document["mine"]!.GetValue<int>());
    }

    private static JsonObject Rebase(ImageManifest image, ImageManifest newBase) =>
        JsonNode.Parse(RebaseDocuments.Manifest(image, newBase, 1, "{}"u8, Refresh, "app"))!.AsObject();

    private static ImageManifest Manifest(string type, string layerType, string first, string second, string more)
    {
        string Layer(string name) => $$"""{"mediaType":"{{layerType}}","digest":"{{Of(name)}}","size":1,"annotations":{"its":"kept"} }""";
        var config = type == MediaTypes.OciManifest ? MediaTypes.OciConfig : MediaTypes.DockerConfig;
        var text = $$"""
            {"schemaVersion":2,"mediaType":"{{type}}","config":{"mediaType":"{{config}}",
               "digest":"{{Of("config")}}","size":3,"data":"e30="},
             "layers":[{{Layer(first)}},{{Layer(second)}}]{{more}} }
            """;
        return ImageManifest.Parse(Encoding.UTF8.GetBytes(text), string.Empty, "test");
    }

    private static Digest Of(string text) => Digest.OfBytes(Encoding.UTF8.GetBytes(text));
}

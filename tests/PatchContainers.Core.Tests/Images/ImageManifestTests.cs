using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Images;

public sealed class ImageManifestTests
{
    private const string D = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Config = $$$"""{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{D}}}","size":7}""";

    private static readonly string Deep = new string('[', 10_000) + new string(']', 10_000);

    public static TheoryData<string, PatchErrorCode, string> BadManifests => new()
    {
        { "", PatchErrorCode.InvalidData, "not valid JSON" },
        { "null", PatchErrorCode.InvalidData, "not a JSON object" },
        { "{}", PatchErrorCode.InvalidData, "no 'config'" },
        { $$$"""{"config":{{{Config}}}}""", PatchErrorCode.InvalidData, "no list of 'layers'" },
        { $$$"""{"config":{{{Config}}},"layers":[{}]}""", PatchErrorCode.InvalidData, "layers[0].digest" },
        { $$$"""{"config":{{{Config}}},"layers":[{"digest":"{{{D}}}","size":-1}]}""", PatchErrorCode.InvalidData, "layers[0].size" },
        { $$$"""{"config":{{{Config}}},"layers":[{"digest":"{{{D}}}","size":1e99}]}""", PatchErrorCode.InvalidData, "layers[0].size" },
        { $$$"""{"config":{{{Config}}},"layers":[{"digest":"md5:aa","size":1}]}""", PatchErrorCode.InvalidData, "layers[0].digest" },
        { $$$"""{"config":{{{Config}}},"layers":[],"annotations":{"a":1}}""", PatchErrorCode.InvalidData, "annotations.a" },
        { $$$"""{"config":[],"layers":[]}""", PatchErrorCode.InvalidData, "'config' is not a descriptor" },
        { $$$"""{"config":{{{Config}}},"layers":{{{Deep}}}}""", PatchErrorCode.InvalidData, "depth" },
        { """{"mediaType":"\ud800"}""", PatchErrorCode.InvalidData, "Unicode" },
        { """{"schemaVersion":1,"fsLayers":[],"history":[]}""", PatchErrorCode.NotSupported, "schema 1" },
    };

    [Theory]
    [MemberData(nameof(BadManifests), DisableDiscoveryEnumeration = true)]
    public void A_broken_manifest_is_an_error_that_names_source_and_fault(string json, PatchErrorCode code, string fault)
    {
        var e = Assert.Throws<PatchException>(() =>
            ImageManifest.Parse(Encoding.UTF8.GetBytes(json), MediaTypes.OciManifest, "registry.example/app:1"));
        Assert.Equal((code, "registry.example/app:1"), (e.Code, e.Target));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_of_100_MB_is_refused_unread()
    {
        var e = Assert.Throws<PatchException>(() =>
            ImageManifest.Parse(new byte[100 * 1024 * 1024], MediaTypes.OciManifest, "registry.example/app:1"));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains("104,857,600 bytes", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadConfigs => new()
    {
        { "{}", "no 'rootfs.diff_ids'" },
        { """{"rootfs":{"diff_ids":["x"]}}""", "diff_ids[0]" },
        { """{"rootfs":{"diff_ids":[7]}}""", "diff_ids[0]" },
        { """{"rootfs":{"diff_ids":[]},"created":"yesterday"}""", "RFC 3339" },
        { """{"rootfs":{"diff_ids":[]},"history":{}}""", "'history' is not a list" },
        { """{"rootfs":{"diff_ids":[]},"config":{"Labels":[]}}""", "'Labels' is not an object" },
        { $$$"""{"rootfs":{{{Deep}}}}""", "depth" },
    };

    [Theory]
    [MemberData(nameof(BadConfigs), DisableDiscoveryEnumeration = true)]
    public void A_broken_config_is_an_error_that_names_source_and_fault(string json, string fault)
    {
        var e = Assert.Throws<PatchException>(() => ImageConfig.Parse(Encoding.UTF8.GetBytes(json), "registry.example/app:1"));
        Assert.Equal((PatchErrorCode.InvalidData, "registry.example/app:1"), (e.Code, e.Target));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2024-01-02T03:04:05Z", 2024)]
    [InlineData("2024-01-02T03:04:05.123456789+02:00", 2024)]
    [InlineData("1970-01-01T00:00:00Z", null)]
    [InlineData("0001-01-01T00:00:00Z", null)]
    [InlineData("", null)]
    public void A_date_of_reproducible_builders_is_no_date(string created, int? year) => Assert.Equal(year,
        ImageConfig.Parse(Encoding.UTF8.GetBytes("""{"rootfs":{"diff_ids":[]},"created":"@"}""".Replace("@", created,
            StringComparison.Ordinal)), "test").Created?.Year);

    [Fact]
    public void Attestations_in_an_index_are_no_images()
    {
        var json = $$$"""
            {"manifests":[
              {"mediaType":"{{{MediaTypes.OciManifest}}}","digest":"{{{D}}}","size":1,"platform":{"os":"linux","architecture":"amd64"}},
              {"mediaType":"{{{MediaTypes.OciManifest}}}","digest":"{{{D}}}","size":1,"platform":{"os":"unknown","architecture":"unknown"},
               "annotations":{"vnd.docker.reference.type":"attestation-manifest"}},
              {"mediaType":"{{{MediaTypes.OciManifest}}}","digest":"{{{D}}}","size":1,"artifactType":"application/vnd.example"}]}
            """;
        var index = ImageIndex.Parse(Encoding.UTF8.GetBytes(json), MediaTypes.OciIndex, "test");
        Assert.Equal((3, "linux/amd64"), (index.Manifests.Count, Assert.Single(index.Images).Platform!.ToString()));
    }

    [Fact]
    public void No_bytes_whatever_make_a_reader_fail_otherwise_than_by_its_own_error()
    {
        var pieces = Gen.Elements("{", "}", "[", "]", ":", ",", "\"config\"", "\"layers\"", "\"manifests\"", "\"digest\"", "\"size\"",
            $"\"{D}\"", "1", "-1", "null", "\"\\uD800\"", "\"annotations\"", Config);
        var property = Prop.ForAll(Gen.ListOf(pieces).ToArbitrary(), parts =>
        {
            var content = Encoding.UTF8.GetBytes(string.Concat(parts));
            foreach (var read in new Action[]
            {
                () => ImageManifest.Parse(content, string.Empty, "test"), () => ImageIndex.Parse(content, string.Empty, "test"),
                () => ImageConfig.Parse(content, "test"), () => ManifestDocument.DetectMediaType(content),
            })
            {
                try
                {
                    read();
                }
                catch (PatchException)
                {
                }
            }
        });
        Check.One(Runs(300), property);
    }

    public static IEnumerable<TheoryDataRow<string>> RegistryManifests()
    {
        var folder = ConformanceData.Find("apis", "registry-manifests");
        return folder is null
            ? [new TheoryDataRow<string>("none") { Skip = ConformanceData.SkipReason }]
            : Directory.EnumerateFiles(folder, "*.digest").Order(StringComparer.Ordinal)
                .Select(f => new TheoryDataRow<string>(Path.GetFileNameWithoutExtension(f)));
    }

    [Theory]
    [MemberData(nameof(RegistryManifests))]
    public void A_manifest_of_a_real_registry_has_its_digest_and_is_read(string name)
    {
        var path = ConformanceData.Find("apis", "registry-manifests", name)!;
        var content = File.ReadAllBytes(path);
        var digest = Digest.Parse(File.ReadAllText(path + ".digest").Trim());
        if (name == "cloudfleet_nginx.json")
        {
            // The digest of signed schema 1 is not that of the bytes; it is refused before that matters.
            Assert.False(digest.Matches(content));
            Assert.Null(ManifestDocument.DetectMediaType(content));
            Assert.Equal(PatchErrorCode.NotSupported,
                Assert.Throws<PatchException>(() => ImageManifest.Parse(content, string.Empty, name)).Code);
            return;
        }

        Assert.True(digest.Matches(content));
        var mediaType = ManifestDocument.DetectMediaType(content);
        Assert.NotNull(mediaType);
        Assert.All(ManifestDocument.Children(content, mediaType, name), c => Assert.False(c.Digest.IsEmpty));
        if (MediaTypes.IsIndex(mediaType))
        {
            Assert.NotEmpty(ImageIndex.Parse(content, mediaType, name).Images);
        }
        else
        {
            Assert.True(ImageManifest.Parse(content, mediaType, name).IsImage);
        }
    }

    [Fact]
    public void Two_builds_of_one_recipe_are_one_image() => Assert.Equal(RandomImages.Create(7).Digest, RandomImages.Create(7).Digest);

    private static FsCheck.Config Runs(int count) => FsCheck.Config.QuickThrowOnFailure.WithMaxTest(count);
}

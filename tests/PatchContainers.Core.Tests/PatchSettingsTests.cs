using PatchContainers.Layers;
using Xunit;

namespace PatchContainers.Core.Tests;

public sealed class PatchSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("patchcontainers-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_file_in_the_state_folder_need_not_be_there()
    {
        var settings = PatchSettings.Load(null, new PatchState(_folder));

        Assert.Empty(settings.RegistryMap);
        Assert.Empty(settings.BaseImages);
    }

    [Fact]
    public void A_relative_folder_lies_beside_the_settings_file_and_not_beside_the_caller()
    {
        Write("""{ "registryMap": { "registry.example": "oci:../registry" }, "insecureRegistries": ["r:5000"], "baseImages": ["debian:12"] } // why""");

        var settings = PatchSettings.Load(null, new PatchState(_folder));

        Assert.Equal("oci:" + Path.Combine(Path.GetDirectoryName(_folder)!, "registry"), settings.RegistryMap["registry.example"]);
        Assert.Equal(["r:5000"], settings.InsecureRegistries);
        Assert.Equal(["debian:12"], settings.BaseImages);
    }

    [Fact]
    public void Limits_and_token_hosts_are_read_and_what_is_not_named_keeps_its_default()
    {
        Write("""
            {
              "allowedTokenHosts": ["auth.example", "tokens:443"],
              "limits": { "maxUncompressedBytes": 5000000000, "maxRatio": 7, "ratioAfterBytes": 1, "maxEntries": 2 }
            }
            """);

        var settings = PatchSettings.Load(null, new PatchState(_folder));

        Assert.Equal(["auth.example", "tokens:443"], settings.AllowedTokenHosts);
        LayerLimits limits = new() { MaxUncompressedBytes = 5_000_000_000, MaxRatio = 7, RatioAfterBytes = 1, MaxEntries = 2 };
        Assert.Equal(limits, settings.Limits);
    }

    [Fact]
    public void A_file_that_was_named_has_to_be_there()
    {
        var exception = Assert.Throws<PatchException>(() => PatchSettings.Load(Path.Combine(_folder, "other.json"), new PatchState(_folder)));

        Assert.Equal(PatchErrorCode.NotFound, exception.Code);
        Assert.Contains("other.json", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("""{ "registryMapp": {} }""", "'registryMapp' is no setting")]
    [InlineData("""{ "registryMap": [] }""", "'registryMap' is to be an object")]
    [InlineData("""{ "registryMap": { "r": 1 } }""", "'r' is to hold text")]
    [InlineData("""{ "baseImages": "debian:12" }""", "'baseImages' is to be a list")]
    [InlineData("""{ "allowedTokenHosts": ["https://auth.example"] }""", "'allowedTokenHosts' has 'https://auth.example', which")]
    [InlineData("""{ "limits": 5 }""", "'limits' is to be an object")]
    [InlineData("""{ "limits": { "maxBytes": 5 } }""", "'limits.maxBytes' is no setting")]
    [InlineData("""{ "limits": { "maxRatio": 0 } }""", "'limits.maxRatio' is to be a whole number from 1 to 2147483647")]
    [InlineData("""{ "limits": { "maxRatio": 2147483648 } }""", "'limits.maxRatio' is to be a whole number")]
    [InlineData("""{ "limits": { "maxEntries": 1.5 } }""", "'limits.maxEntries' is to be a whole number")]
    [InlineData("""{ "limits": { "maxUncompressedBytes": "1G" } }""", "'limits.maxUncompressedBytes' is to be a whole number")]
    public void What_cannot_be_used_is_an_error_that_names_file_and_fault(string content, string fault)
    {
        Write(content);

        var exception = Assert.Throws<PatchException>(() => PatchSettings.Load(null, new PatchState(_folder)));

        Assert.Equal(PatchErrorCode.InvalidData, exception.Code);
        Assert.Contains(PatchSettings.FileName, exception.Message, StringComparison.Ordinal);
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    private void Write(string content) => File.WriteAllText(Path.Combine(_folder, PatchSettings.FileName), content);
}

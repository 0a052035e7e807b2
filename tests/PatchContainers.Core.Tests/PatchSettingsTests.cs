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

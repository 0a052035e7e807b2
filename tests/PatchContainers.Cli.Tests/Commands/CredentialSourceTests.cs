using PatchContainers.Cli.Commands;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class CredentialSourceTests
{
    [Fact]
    public async Task The_password_comes_from_the_variable()
    {
        var credential = await CredentialSource.Parse("registry.example:5000=bob:REGISTRY_PASSWORD").ReadAsync(Host(string.Empty,
            ("REGISTRY_PASSWORD", "hunter2")), TestContext.Current.CancellationToken);

        Assert.Equal(("bob", "hunter2"), (credential.UserName, credential.Password));
        Assert.Equal("registry.example:5000", CredentialSource.Parse("registry.example:5000=bob:REGISTRY_PASSWORD").Host);
    }

    [Fact]
    public async Task A_hyphen_reads_the_first_line_and_leaves_the_records()
    {
        var host = Host("hunter2\n{\"Image\":\"a:1\"}\n");

        var credential = await CredentialSource.Parse("registry.example=bob:-").ReadAsync(host, TestContext.Current.CancellationToken);

        Assert.Equal("hunter2", credential.Password);
        Assert.Equal("{\"Image\":\"a:1\"}", await host.In.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("registry.example=bob:-")]
    [InlineData("registry.example=bob:UNSET")]
    public async Task No_password_is_a_usage_error(string text) =>
        await Assert.ThrowsAsync<UsageException>(() =>
            CredentialSource.Parse(text).ReadAsync(Host(string.Empty), TestContext.Current.CancellationToken));

    private static CliHost Host(string input, params (string Name, string Value)[] environment) => new()
    {
        In = new StringReader(input),
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Environment = name => environment.FirstOrDefault(e => e.Name == name).Value,
    };
}

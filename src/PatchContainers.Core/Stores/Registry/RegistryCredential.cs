namespace PatchContainers.Stores.Registry;

/// <summary>What one registry host is told about who asks. It never prints its secret.</summary>
/// <param name="UserName">The user; empty where only an identity token is known.</param>
/// <param name="Password">The password or access token.</param>
public sealed record RegistryCredential(string UserName, string Password)
{
    /// <summary>An OAuth 2 refresh token, as <c>docker login</c> stores it for some registries; it takes the place of the
    /// password.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>The user's name, without any secret.</summary>
    public override string ToString() => UserName.Length > 0 ? UserName : "(identity token)";
}
